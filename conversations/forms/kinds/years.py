"""A number of years, in any script people type, in digits or in words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Case, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.numerals import whole
from conversations.language.understand import choose, typed_digit
from conversations.values import Named, Say


@dataclass(frozen=True, slots=True)
class Years(Kind):
    """A whole number of years from `low` to `high`; digits are the number, never an option's place.

    `most`: what earlier answers allow (no more years of a trade than of age).
    """

    low: int
    high: int
    most: Callable[[Case], int | None] | None = None

    takes_zero: ClassVar[bool] = True
    numeric: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        if typed_digit(words) is None:
            named = choose(
                words, [(id, option_spellings(asked, id)) for id in asked.shown], asked.case.context.spellings
            )
            if named is not None:
                return Got(named.id) if named.sure else Maybe(named.id)
        number = whole(words, asked.case.context.spellings)
        if number is None:
            return Unclear("not_a_number")
        if not self.low <= number <= self.high:
            return Unclear("out_of_range")
        return Got(number) if self.fits(number, asked.case) else Unclear("impossible")

    @override
    def fits(self, value: Any, case: Case) -> bool:
        """Whether the number can be true beside the earlier answer."""
        most = self.most(case) if self.most else None
        return most is None or type(value) is not int or value <= most

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return type(value) is int and self.low <= value <= self.high

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("desk.years", {"number": int(value)}, count=int(value))

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("not_a_number", "out_of_range", *(("impossible",) if self.most else ()))
