"""What a situation leads to, and the parts that several rows share."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from amo.facts import Facts
from amo.situation import Situation

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a situation leads to.

    `amount`: DH with two decimals, or None when nobody may say. `period`: month, quarter or
    None. `next_steps`: who to see, in order. `reasons`: rule ids, each with a sentence.
    """

    regime: str
    amount: Decimal | None = None
    period: str | None = None
    rna: str = "not_assessed"
    next_steps: tuple[str, ...] = ()
    ask_person: bool = False
    reasons: tuple[str, ...] = ()


def rna(s: Situation, on: date, facts: Facts) -> str:
    """Where she stands with the national register of crafts."""
    if s.in_rna == "yes":
        return "registered"
    years = s.practice_years
    if years is not None and years >= facts.figure("years_master", on):
        return "master_artisan"
    if s.has_diploma == "yes" or (years is not None and years >= facts.figure("years_artisan", on)):
        return "artisan"
    return "not_yet"


def undetermined(reason: str) -> Assessment:
    """Nobody can say the regime yet: the chamber looks."""
    return Assessment("undetermined", next_steps=("chamber",), ask_person=True, reasons=(reason,))


def low(score: Decimal | None, facts: Facts) -> bool:
    """Whether the RSU score is one of Tadamon's, whatever the day."""
    return score is not None and score <= facts.latest("tadamon_top_score")
