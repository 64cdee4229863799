"""A number people read off a paper: so many digits, or letters and digits as they stand there."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.understand import choose, clean
from conversations.values import Named, Say

DIGITS_GAP = re.compile(r"[\s./-]+")
WRITTEN_CODE = re.compile(r"[A-Z0-9]{3,30}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Digits(Kind):
    """Exactly `length` digits; without a length, 3 to 30 letters and digits with a digit among them."""

    length: int | None = None

    takes_zero: ClassVar[bool] = True
    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        value = DIGITS_GAP.sub("", clean(words)).upper()
        if self.fits_shape(value):
            return Got(value)
        named = choose(words, [(id, option_spellings(asked, id)) for id in asked.shown], asked.case.context.spellings)
        if named is not None:
            return Got(named.id) if named.sure else Maybe(named.id)
        return Unclear("not_a_number")

    def fits_shape(self, value: str) -> bool:
        """Whether it has the shape of such a number."""
        if self.length is not None:
            return value.isascii() and value.isdigit() and len(value) == self.length
        return WRITTEN_CODE.match(value) is not None and any(map(str.isdigit, value))

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and self.fits_shape(value)

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(value)

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("not_a_number",)
