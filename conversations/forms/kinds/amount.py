"""An amount asked as bands; one who types the exact figure is understood too, after a yes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import read_option
from conversations.language.numerals import money
from conversations.language.understand import typed_digit
from conversations.values import Money, Named, Say

STORED_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?\Z", re.ASCII)
CEILING = Decimal("1000000000")


@dataclass(frozen=True, slots=True)
class Range:
    """What an option stands for: an amount inside it, in DH a year."""

    inside: Decimal


@dataclass(frozen=True, slots=True)
class Amount(Kind):
    """DH a year. Options are bands; a stored value is a band's id or an exact amount as text."""

    bands: Mapping[str, Range]

    numeric: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        digit = typed_digit(words)
        if digit is None or 1 <= digit <= len(asked.shown):
            found = read_option(words, asked)
            if found is not None:
                return found
        amount = money(words, asked.case.context.spellings)
        if amount is None or amount > CEILING:
            return Unclear("not_an_amount")
        # people count in dirhams, in ryals and in millions of centimes: say it back first
        return Maybe(format(amount, "f"))

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        if not isinstance(value, str):
            return False
        return STORED_AMOUNT.match(value) is not None and Decimal(value) <= CEILING

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say("desk.amount", {"amount": Money(Decimal(value))})

    @override
    def reasons(self) -> tuple[str, ...]:
        return ("not_an_amount",)

    def figure(self, value: Any) -> Decimal | None:
        """DH a year for a stored answer; None for one that says nothing (unsure)."""
        if value in self.bands:
            return self.bands[value].inside
        return None if value is None or value == "unsure" else Decimal(value)
