"""What is due: flat rates from the SMIG, and the two scales. All in DH, two decimals."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from amo.facts import Facts

CENT = Decimal("0.01")


def flat(factor: str, on: date, facts: Facts) -> Decimal:
    """DH a month = rate x factor x SMIG an hour x annual hours / 12, rounded half-up."""
    yearly = (
        facts.figure("rate", on)
        * facts.figure(f"flat_factor.{factor}", on)
        * facts.figure("smig_hour", on)
        * facts.figure("annual_hours", on)
    )
    return (yearly / 12).quantize(CENT, ROUND_HALF_UP)


def by_tax(tax: Decimal, on: date, facts: Facts) -> Decimal | None:
    """DH a quarter for an annual income tax; None when it falls between two bands."""
    return _by_scale("tax_scale", tax, on, facts)


def by_score(score: Decimal, on: date, facts: Facts) -> Decimal | None:
    """DH a month of Achamil for an RSU score; None before the scheme began."""
    return _by_scale("achamil_scale", score, on, facts)


def lowest_by_tax(on: date, facts: Facts) -> Decimal:
    """DH a quarter of the first band: due even with no turnover at all."""
    due = by_tax(Decimal(0), on, facts)
    assert due is not None
    return due


def _by_scale(name: str, figure: Decimal, on: date, facts: Facts) -> Decimal | None:
    scale = facts.find(name, on)
    for band in scale.bands if scale else ():
        if band.holds(figure):
            return band.due.quantize(CENT)
    return None
