"""Figures of the law as they are said: no sentence holds one of its own."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from conversations.context import TurnContext
from conversations.values import Named, Placeholder

Figures = Mapping[str, tuple[str, Callable[[Decimal], Placeholder]]]


def figure_values(asked: Figures, context: TurnContext) -> dict[str, Placeholder]:
    """The placeholders of a sentence: each a fact in force today, in the form it is said."""
    return {blank: said(context.facts.figure(fact, context.today)) for blank, (fact, said) in asked.items()}


def whole_figure(number: Decimal) -> Placeholder:
    """A whole number: 21."""
    return int(number)


def decimal(number: Decimal) -> Named:
    """A number with its comma: 9,3264284."""
    return Named.same(format(number.normalize(), "f").replace(".", ","))


def percent(share: Decimal) -> Named:
    """A share of one as people say it: 0.0637 is 6,37 %."""
    return Named.same(f"{format((share * 100).normalize(), 'f').replace('.', ',')}\u00a0%")


def grouped_number(number: Decimal) -> str:
    """A number as it is written here: 1 305,88, its thousands apart."""
    return format(number, ",f").replace(",", "\u00a0").replace(".", ",")
