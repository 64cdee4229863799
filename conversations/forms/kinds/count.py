"""A whole number of people."""

from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.understand import choose, clean
from conversations.values import Named, Say


@dataclass(frozen=True, slots=True)
class Count(Kind):
    """From `low` to `high`; or, with `exactly`, the very number that answer holds, typed again."""

    low: int
    high: int
    exactly: str | None = None

    takes_zero: ClassVar[bool] = True
    numeric: ClassVar[bool] = True
    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        text = clean(words).replace(" ", "")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            own = [(id, option_spellings(asked, id)) for id in asked.shown]
            found = choose(words, own, asked.case.context.spellings)
            if found is not None and found.sure:
                return Got(found.id)
            return Unclear("other_count" if self.exactly else "not_a_count", own=False)
        number = int(text)
        if self.exactly is not None and number != asked.case.answers.get(self.exactly):
            return Unclear("other_count", own=False)
        return Got(number) if self.low <= number <= self.high else Unclear("not_a_count", own=False)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return type(value) is int and self.low <= value <= self.high

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(str(value))
