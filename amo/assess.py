"""The decision procedure: the first row that fits a situation gives its assessment.

Row numbers are those of docs/amo.md. Orientation only: the chamber and CNSS decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from amo.amounts import by_score, by_tax, flat, lowest_by_tax
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


Row = Callable[[Situation, date, Facts], Assessment | None]


def assess(situation: Situation, on: date, facts: Facts) -> Assessment:
    """The assessment of a situation on a day.

    Errors: ValueError for a day before the first the facts cover.
    """
    if on < facts.first_day:
        raise ValueError(f"nothing is known before {facts.first_day}: {on}")
    for row in ROWS:
        found = row(situation, on, facts)
        if found is not None:
            return found
    raise AssertionError("the rows cover every situation")


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


def _minor(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.age is not None and s.age < 18 and s.cover != "dependant":
        return Assessment("minor", next_steps=("chamber",), ask_person=True, reasons=("minor",))
    return None


def _wage(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 2 and 3."""
    earns = s.work in ("employee", "cooperative")
    if earns and s.declared != "yes":
        return Assessment(
            "employee", next_steps=("employer", "chamber"), ask_person=True,
            reasons=("undeclared_employee",),
        )  # fmt: skip
    if earns or s.cover == "employee":
        return _beside(s, Assessment("employee", reasons=("covered_by_wage",)))
    return None


def _pensioner(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.cover == "pensioner":
        return _beside(s, Assessment("pensioner", reasons=("covered_by_pension",)))
    return None


def _beside(s: Situation, found: Assessment) -> Assessment:
    """A cover that comes from elsewhere, beside an activity of her own: a person looks."""
    if s.own or s.registered_activity:
        return replace(found, ask_person=True, reasons=(*found.reasons, "two_covers"))
    return found


def _other_cover(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.cover == "other":
        return Assessment("other_cover", next_steps=("chamber",), ask_person=True, reasons=("other_cover",))
    return None


def _dependant(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.cover != "dependant" or (s.own and s.registered_activity):
        return None
    warn = s.own or s.registered_activity
    return Assessment(
        "dependant", amount=ZERO, next_steps=("insured_person",), ask_person=warn,
        reasons=("covered_as_dependant", *(("own_activity_and_dependant",) if warn else ())),
    )  # fmt: skip


def _helper(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.work == "helper":
        return _undetermined("helper")
    return None


def _unclear_tax(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.own and s.tax_status in ("several", "unsure"):
        reason = "several_activities" if s.tax_status == "several" else "tax_status_unknown"
        return replace(_undetermined(reason), rna=rna(s, on, facts))
    return None


def _undetermined(reason: str) -> Assessment:
    return Assessment("undetermined", next_steps=("chamber",), ask_person=True, reasons=(reason,))


def _outside_crafts(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.own and s.trade == "other" and s.tax_status in ("none", "cpu"):
        return Assessment(
            "outside_crafts", rna=rna(s, on, facts), next_steps=("dgi", "chamber"),
            ask_person=True, reasons=("outside_crafts",),
        )  # fmt: skip
    return None


def _jeweller(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if s.own and s.tax_status == "cpu" and s.trade in facts.jewellery:
        return Assessment(
            "undetermined", rna=rna(s, on, facts), next_steps=("dgi", "chamber"),
            ask_person=True, reasons=("jeweller_excluded_from_cpu",),
        )  # fmt: skip
    return None


def _auto_entrepreneur(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if not (s.own and s.tax_status == "auto_entrepreneur"):
        return None
    reasons = ["auto_entrepreneur"]
    if s.in_rna == "yes":
        reasons.append("one_contribution")
    amount: Decimal | None
    if s.annual_tax is None:
        amount = lowest_by_tax(on, facts)
        reasons.append("at_least")
    elif s.annual_tax > facts.figure("auto_entrepreneur_top_tax", on):
        amount = None
        reasons.append("tax_out_of_range")
    else:
        amount = by_tax(s.annual_tax, on, facts)
        if amount is None:
            reasons.append("between_bands")
    if s.trade == "other":
        reasons.append("outside_crafts")
    found = _due("tns_auto_entrepreneur", amount, "quarter", ("barid", "cnss"), reasons)
    return _with_base(found, s, on, facts)


def _cpu(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if not (s.own and s.tax_status == "cpu"):
        return None
    amount, reasons = None, ["cpu"]
    if s.trade is None:
        reasons.append("trade_unknown")
    elif s.annual_tax is None:
        reasons.append("tax_unknown")
    else:
        amount = by_tax(s.annual_tax, on, facts)
        if amount is None:
            reasons.append("between_bands")
    found = _due("tns_cpu", amount, "quarter", ("dgi", "cnss"), reasons)
    return _with_base(found, s, on, facts)


def _accounts(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 12 and 13."""
    if not (s.own and s.tax_status in ("accounts_simplified", "accounts_real")):
        return None
    amount, reasons = None, [s.tax_status]
    if s.tax_status == "accounts_simplified":
        amount = flat("accounts_simplified", on, facts)
    elif s.net_profit is None:
        reasons.append("profit_unknown")
    else:
        high = s.net_profit > facts.figure("profit_ceiling", on)
        amount = flat("accounts_real_high" if high else "accounts_real_low", on, facts)
    if s.trade == "other":
        reasons.append("outside_crafts")
    found = _due("tns_accounts", amount, "month", ("dgi", "cnss"), reasons)
    return _with_base(found, s, on, facts)


def _artisan(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 14 and 15: the chamber itself identifies her, through the register."""
    if not (s.own and s.tax_status == "none"):
        return None
    standing = rna(s, on, facts)
    if standing == "not_yet":
        reason = "practice_unknown" if s.practice_years is None else "too_little_practice"
        return Assessment(
            "not_yet", rna=standing, next_steps=("chamber",), ask_person=True, reasons=(reason,)
        )
    listed = s.in_rna == "yes"
    found = _due(
        "tns_artisan", flat("artisan", on, facts), "month",
        ("cnss",) if listed else ("rna", "cnss"),
        ["registered_in_rna" if listed else "can_register_in_rna"],
    )  # fmt: skip
    return _with_base(found, s, on, facts)


def _due(
    regime: str, amount: Decimal | None, period: str, steps: tuple[str, ...], reasons: list[str]
) -> Assessment:
    return Assessment(
        regime, amount, None if amount is None else period, next_steps=steps, reasons=tuple(reasons)
    )


ASK_FOR = frozenset({"trade_unknown", "tax_out_of_range", "outside_crafts", "between_bands"})


def _with_base(found: Assessment, s: Situation, on: date, facts: Facts) -> Assessment:
    """What every contributing regime adds: the register, and the warnings a person must hear."""
    warnings: list[str] = []
    if s.work == "member":
        warnings.append("member_of_cooperative")
    if s.cover == "dependant":
        warnings.append("own_activity_and_dependant")
    elif s.cover in ("tadamon", "achamil"):
        warnings.append("activity_and_free_cover")
    elif s.cover == "unsure":
        warnings.append("cover_unknown")
    elif s.cover == "none" and _low(s.rsu_score, facts):
        warnings.append("low_score_and_activity")
    steps = found.next_steps
    also: tuple[str, ...] = ()
    if s.cover in ("tadamon", "achamil"):
        steps = ("chamber", *steps)
    elif s.cover == "tns":
        steps, also = ("cnss",), ("already_in_tns",)
    ask = bool(warnings) or any(reason in ASK_FOR for reason in found.reasons)
    return replace(
        found, rna=rna(s, on, facts), next_steps=steps, ask_person=ask,
        reasons=(*found.reasons, *also, *warnings),
    )  # fmt: skip


def _low(score: Decimal | None, facts: Facts) -> bool:
    """Whether the RSU score is one of Tadamon's, whatever the day."""
    return score is not None and score <= facts.latest("tadamon_top_score")


def _open_registration(s: Situation, on: date, facts: Facts) -> Assessment | None:
    if not (s.registered_activity or s.cover == "tns"):
        return None
    where: tuple[str, ...] = ()
    if s.tax_status == "auto_entrepreneur":
        where = ("barid",)
    elif s.tax_status in ("cpu", "accounts_simplified", "accounts_real"):
        where = ("dgi",)
    return Assessment(
        "open_registration", next_steps=("chamber", *where), ask_person=True,
        reasons=("registration_still_open",),
    )  # fmt: skip


def _no_activity(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 17 to 20: nothing but her RSU score decides."""
    if s.rsu_score is None:
        return Assessment("no_activity", next_steps=("rsu",), reasons=("score_unknown",))
    threshold = facts.find("tadamon_top_score", on)
    low = _low(s.rsu_score, facts)
    if low and threshold is not None:
        return Assessment("tadamon", ZERO, "month", next_steps=("rsu", "cnss"), reasons=("low_score",))
    amount = None if low else by_score(s.rsu_score, on, facts)
    if amount is None:
        return Assessment("no_activity", next_steps=("rsu",), reasons=("before_the_scheme",))
    return Assessment("achamil", amount, "month", next_steps=("rsu", "cnss"), reasons=("high_score",))


ROWS: tuple[Row, ...] = (
    _minor,  # 1
    _wage,  # 2, 3
    _pensioner,  # 4
    _other_cover,  # 4b
    _dependant,  # 5
    _helper,  # 6
    _unclear_tax,  # 7
    _outside_crafts,  # 8
    _jeweller,  # 9
    _auto_entrepreneur,  # 10
    _cpu,  # 11
    _accounts,  # 12, 13
    _artisan,  # 14, 15
    _open_registration,  # 16
    _no_activity,  # 17 to 20
)
