"""Rows 16 to 20: no work, so a registration still open, or the RSU score, decides."""

from datetime import date

from amo.amounts import by_score
from amo.assessment import ZERO, Assessment, low
from amo.facts import Facts
from amo.situation import Situation


def open_registration(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 16: a registration that is still live goes on being billed."""
    if not (s.registered_activity or s.cover == "tns"):
        return None
    where: tuple[str, ...] = ()
    if s.tax_status == "auto_entrepreneur":
        where = ("barid",)
    elif s.tax_status in ("cpu", "accounts_simplified", "accounts_real"):
        where = ("dgi",)
    return Assessment(
        "open_registration", next_steps=("chamber", *where), ask_person=True, reasons=("registration_still_open",)
    )


def no_activity(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 17 to 20: nothing but her RSU score decides."""
    if s.rsu_score is None:
        return Assessment("no_activity", next_steps=("rsu",), reasons=("score_unknown",))
    threshold = facts.find("tadamon_top_score", on)
    is_low = low(s.rsu_score, facts)
    if is_low and threshold is not None:
        return Assessment("tadamon", ZERO, "month", next_steps=("rsu", "cnss"), reasons=("low_score",))
    amount = None if is_low else by_score(s.rsu_score, on, facts)
    if amount is None:
        return Assessment("no_activity", next_steps=("rsu",), reasons=("before_the_scheme",))
    return Assessment("achamil", amount, "month", next_steps=("rsu", "cnss"), reasons=("high_score",))
