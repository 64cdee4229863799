"""Figures of the law as they are said: no sentence holds one of its own."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from conversations.context import World
from conversations.values import Blank, Named

Figures = Mapping[str, tuple[str, Callable[[Decimal], Blank]]]


def figures(asked: Figures, world: World) -> dict[str, Blank]:
    """The blanks of a sentence: each a fact in force today, in the form it is said."""
    return {blank: said(world.facts.figure(fact, world.today)) for blank, (fact, said) in asked.items()}


def plain(number: Decimal) -> Blank:
    """A whole number: 21."""
    return int(number)


def decimal(number: Decimal) -> Named:
    """A number with its comma: 9,3264284."""
    return Named.same(format(number.normalize(), "f").replace(".", ","))


def percent(share: Decimal) -> Named:
    """A share of one as people say it: 0.0637 is 6,37 %."""
    return Named.same(f"{format((share * 100).normalize(), 'f').replace('.', ',')}\u00a0%")


def grouped(number: Decimal) -> str:
    """A number as it is written here: 1 305,88, its thousands apart."""
    return format(number, ",f").replace(",", "\u00a0").replace(".", ",")
