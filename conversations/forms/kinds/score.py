"""The RSU score: a decimal, asked in full when its digits cannot choose a side of a threshold."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Case, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.understand import choose, clean
from conversations.values import Named, Say

SCORE = re.compile(r"([0-9]{1,2})(?:[.,٫]([0-9]{1,12}))?\Z", re.ASCII)
FULL = 7
COMMA = re.compile(r"\s+(?:virgule|point|فاصلة|فاصيلة)\s+")
STORED_SCORE = re.compile(r"[0-9]{1,2}(\.[0-9]{1,12})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Score(Kind):
    """A decimal. `thresholds` are those that matter in the case at hand."""

    thresholds: Callable[[Case], tuple[Decimal, ...]]

    takes_zero: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        tokens = COMMA.sub(",", clean(words)).rstrip(" .!؟?").split()
        found = [match for token in tokens if (match := SCORE.match(token))]
        if len(tokens) != 1 or not found:  # words: perhaps one of the options, `ma3ndich` included
            named = choose(
                words, [(id, option_spellings(asked, id)) for id in asked.shown], asked.case.context.spellings
            )
            if named is not None:
                return Got(named.id) if named.sure else Maybe(named.id)
        if len(found) != 1 or "-" in words:
            return Unclear("not_a_score")
        decimals = found[0][2] or ""
        score = Decimal(f"{found[0][1]}.{decimals}" if decimals else found[0][1])
        if self._doubtful(score, len(decimals), asked.case):
            return Unclear("more_digits")
        if not decimals and score <= len(asked.shown):
            return Unclear("more_digits")  # rather the number of an answer than a score
        value = format(score, "f")
        return Got(value) if len(tokens) == 1 else Maybe(value)

    def _doubtful(self, score: Decimal, decimals: int, case: Case) -> bool:
        """Whether the digits left out could carry the score over a threshold."""
        if decimals >= FULL:
            return False
        step = Decimal(1).scaleb(-decimals)
        low, high = score - step / 2, score + step  # cut short, or rounded
        # 9.743001 has six decimals: typed in full it is itself, not a cut one
        thresholds = [t for t in self.thresholds(case) if t != score or decimals < places(t)]
        return any(low <= t < high for t in thresholds)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and STORED_SCORE.match(value) is not None

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named({"ar": value, "fr": value.replace(".", ",")})

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("not_a_score", "more_digits")


def places(number: Decimal) -> int:
    """How many decimals a number is written with."""
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
