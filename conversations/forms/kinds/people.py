"""How many people: children, above all."""

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.numerals import whole
from conversations.language.understand import choose, fold, typed_digit
from conversations.values import Named, Say


@dataclass(frozen=True, slots=True)
class People(Kind):
    """A whole number up to `high`, in digits of any script or in words; none is a number too."""

    low: int
    high: int

    takes_zero: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        spellings = asked.case.context.spellings
        if typed_digit(words) is None:
            named = choose(words, [(id, option_spellings(asked, id)) for id in asked.shown], spellings)
            if named is not None:
                return Got(named.id) if named.sure else Maybe(named.id)
            if fold(words) in spellings.get("count.none", ()):
                return self._within(0)
        return self._within(whole(_bare(words, spellings.get("unit.child", ())), spellings))

    def _within(self, number: int | None) -> Understood:
        if number is None or not self.low <= number <= self.high:
            return Unclear("not_people", own=False)
        return Got(number)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return type(value) is int and self.low <= value <= self.high

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(str(value))


def _bare(words: str, units: tuple[str, ...]) -> str:
    """Without the word for what is counted."""
    return " ".join(word for word in words.split() if fold(word) not in units)
