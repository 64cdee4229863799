"""A day of birth, as people write it; or the year alone, for whom the card says no more."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.language.dates import OTHER_CALENDAR, NoSuchDay, born
from conversations.values import Named, Placeholder, Say

YOUNGEST, OLDEST = 15, 110


@dataclass(frozen=True, slots=True)
class Birth(Kind):
    """YYYY-MM-DD, or YYYY. Said back for a yes where day and month could be taken for each other.

    `proof`: a day asked again, to know the person by: nothing is said of its age.
    """

    proof: bool = False

    takes_zero: ClassVar[bool] = True
    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        context = asked.case.context
        try:
            found = born(words, context.spellings)
        except NoSuchDay:
            return Unclear("no_such_day", own=False)
        if found is None:
            return Unclear("not_a_birth", own=False)
        if found.year in OTHER_CALENDAR:
            return Unclear("hijri", own=False)
        if found.year < 100:
            return Unclear("short_year", own=False)
        if found.month is None or found.day is None:
            written = f"{found.year:04}"
        else:
            written = date(found.year, found.month, found.day).isoformat()
        if self.proof:
            return Got(written)
        if not YOUNGEST <= age(written, context.today) <= OLDEST:
            return Unclear("odd_age", own=False)
        return Got(written) if len(written) > 4 and not found.doubtful else Maybe(written)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        if not isinstance(value, str):
            return False
        if len(value) == 4:
            return value.isascii() and value.isdigit()
        try:
            return date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return birth(value)


def birth(value: str) -> Say:
    """A stored day of birth, its month in words."""
    if len(value) == 4:
        return Say("desk.born_in", {"year": Named.same(value)})
    found = date.fromisoformat(value)
    placeholders: dict[str, Placeholder] = {
        "day": Named.same(str(found.day)),
        "month": Say(f"month.{found.month}"),
        "year": Named.same(str(found.year)),
    }
    return Say("desk.born_on", placeholders)


def age(value: str, today: date) -> int:
    """Whole years lived, of a stored day of birth; of a year alone, at the end of this year."""
    if len(value) == 4:
        return today.year - int(value)
    found = date.fromisoformat(value)
    return today.year - found.year - ((today.month, today.day) < (found.month, found.day))
