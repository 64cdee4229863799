"""Rows 1 to 6: a cover that comes from elsewhere, or a case that needs a person at once."""

from dataclasses import replace
from datetime import date

from amo.assessment import ZERO, Assessment, undetermined
from amo.facts import Facts
from amo.situation import Situation


def minor(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 1: under 18 and nobody's dependant."""
    if s.age is not None and s.age < facts.figure("adult_age", on) and s.cover != "dependant":
        return Assessment("minor", next_steps=("chamber",), ask_person=True, reasons=("minor",))
    return None


def wage(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 2 and 3."""
    earns = s.work in ("employee", "cooperative")
    if earns and s.declared != "yes":
        return Assessment(
            "employee", next_steps=("employer", "chamber"), ask_person=True, reasons=("undeclared_employee",)
        )
    if earns or s.cover == "employee":
        return _beside(s, Assessment("employee", reasons=("covered_by_wage",)))
    return None


def pensioner(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 4: covered through a pension."""
    if s.cover == "pensioner":
        return _beside(s, Assessment("pensioner", reasons=("covered_by_pension",)))
    return None


def _beside(s: Situation, found: Assessment) -> Assessment:
    """A cover that comes from elsewhere, beside an activity of her own: a person looks."""
    if s.own or s.registered_activity:
        return replace(found, ask_person=True, reasons=(*found.reasons, "two_covers"))
    return found


def other_cover(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 4b: a public, private or student insurance."""
    if s.cover == "other":
        return Assessment("other_cover", next_steps=("chamber",), ask_person=True, reasons=("other_cover",))
    return None


def dependant(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 5: covered through a relative, with no registered activity of her own."""
    if s.cover != "dependant" or (s.own and s.registered_activity):
        return None
    warn = s.own or s.registered_activity
    return Assessment(
        "dependant",
        amount=ZERO,
        next_steps=("insured_person",),
        ask_person=warn,
        reasons=("covered_as_dependant", *(("own_activity_and_dependant",) if warn else ())),
    )


def helper(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 6: family help or apprentice, with no wage: each case is different."""
    if s.work == "helper":
        return undetermined("helper")
    return None
