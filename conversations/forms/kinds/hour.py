"""An hour of a day to come."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Step, Unclear, Understood
from conversations.language.dates import NoSuchHour, hour
from conversations.values import Named, Say


@dataclass(frozen=True, slots=True)
class Hour(Kind):
    """An hour from `first` to `last`, stored as HH:MM; not yet past when `day` answers today."""

    day: str
    first: time
    last: time

    takes_zero: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        context = asked.case.context
        try:
            found = hour(words, context.spellings)
        except NoSuchHour:
            return Unclear("no_such_hour", own=False)
        if found is None:
            return Unclear("not_an_hour", own=False)
        if not self.first <= found <= self.last:
            return Unclear("odd_hour", own=False, placeholders={"first": self.first, "last": self.last})
        on = asked.case.answers.get(self.day)
        if on and context.now and datetime.combine(date.fromisoformat(on), found) <= context.now:
            return Unclear("past_hour", own=False)
        return Got(found.isoformat("minutes"))

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        try:
            return isinstance(value, str) and time.fromisoformat(value).isoformat("minutes") == value
        except ValueError:
            return False

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("desk.hour", {"hour": time.fromisoformat(value)})
