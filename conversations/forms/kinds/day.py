"""A day to come."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Step, Unclear, Understood
from conversations.language.dates import NoSuchDay, day
from conversations.values import Named, Say


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """Today or later, at most `ahead` days; stored as YYYY-MM-DD."""

    ahead: int

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        context = asked.case.context
        try:
            found = day(words, context.today, context.spellings)
        except NoSuchDay:
            return Unclear("no_such_day", own=False)
        if found is None:
            return Unclear("not_a_day", own=False)
        if found < context.today:
            return Unclear("past", own=False)
        if found > context.today + timedelta(days=self.ahead):
            return Unclear("too_far", own=False)
        return Got(found.isoformat())

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        try:
            return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("desk.day", {"day": date.fromisoformat(value)})
