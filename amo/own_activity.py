"""Rows 7 to 15: an activity of her own, and what it contributes."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from amo.amounts import by_tax, flat, lowest_by_tax
from amo.assessment import Assessment, low, rna, undetermined
from amo.facts import Facts
from amo.situation import Situation


def unclear_tax(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 7: several tax statuses, or one that nobody knows."""
    if s.own and s.tax_status in ("several", "unsure"):
        reason = "several_activities" if s.tax_status == "several" else "tax_status_unknown"
        return replace(undetermined(reason), rna=rna(s, on, facts))
    return None


def outside_crafts(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 8: a trade that is no craft, identified by nobody or by the CPU."""
    if s.own and s.trade == "other" and s.tax_status in ("none", "cpu"):
        return Assessment(
            "outside_crafts",
            rna=rna(s, on, facts),
            next_steps=("dgi", "chamber"),
            ask_person=True,
            reasons=("outside_crafts",),
        )
    return None


def jeweller(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 9: jewellery is on the CPU's exclusion list: never an amount."""
    if s.own and s.tax_status == "cpu" and s.trade in facts.jewellery:
        return Assessment(
            "undetermined",
            rna=rna(s, on, facts),
            next_steps=("dgi", "chamber"),
            ask_person=True,
            reasons=("jeweller_excluded_from_cpu",),
        )
    return None


def auto_entrepreneur(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 10: the scale by tax, of which only the first three bands can be reached."""
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


def cpu(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Row 11: the scale by tax."""
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


def accounts(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 12 and 13."""
    if not (s.own and s.tax_status in ("accounts_simplified", "accounts_real")):
        return None
    reasons = [s.tax_status]
    if s.trade == "other":  # the self-employed who are neither traders nor craftsmen have a scale of their own
        reasons += ["other_scale", "outside_crafts"]
        return _with_base(_due("tns_accounts", None, "month", ("dgi", "cnss"), reasons), s, on, facts)
    factor, reason = _accounts_factor(s, on, facts)
    if reason is not None:
        reasons.append(reason)
    amount = None if factor is None else flat(factor, on, facts)
    return _with_base(_due("tns_accounts", amount, "month", ("dgi", "cnss"), reasons), s, on, facts)


# What stands in for a profit nobody knows: the factor, and the rule's id.
BY_RETURN = {"not_due": ("no_return_due", "first_return_not_due"), "missing": ("no_return_filed", "return_missing")}


def _accounts_factor(s: Situation, on: date, facts: Facts) -> tuple[str | None, str | None]:
    """Return which flat factor accounts give, and the rule that says so beside the accounts' own; None for none."""
    if s.tax_status == "accounts_simplified":
        return "accounts_simplified", None
    if s.net_profit is not None:
        high = s.net_profit > facts.figure("profit_ceiling", on)
        return ("accounts_real_high" if high else "accounts_real_low"), None
    factor, reason = BY_RETURN.get(s.tax_return, (None, None))
    if factor is None or facts.find(f"flat_factor.{factor}", on) is None:
        return None, "profit_unknown"
    return factor, reason


def artisan(s: Situation, on: date, facts: Facts) -> Assessment | None:
    """Rows 14 and 15: the chamber itself identifies her, through the register."""
    if not (s.own and s.tax_status == "none"):
        return None
    standing = rna(s, on, facts)
    if standing == "not_yet":
        reason = "practice_unknown" if s.practice_years is None else "too_little_practice"
        return Assessment("not_yet", rna=standing, next_steps=("chamber",), ask_person=True, reasons=(reason,))
    listed = s.in_rna == "yes"
    found = _due(
        "tns_artisan",
        flat("artisan", on, facts),
        "month",
        ("cnss",) if listed else ("rna", "cnss"),
        ["registered_in_rna" if listed else "can_register_in_rna"],
    )
    return _with_base(found, s, on, facts)


def _due(regime: str, amount: Decimal | None, period: str, steps: tuple[str, ...], reasons: list[str]) -> Assessment:
    return Assessment(regime, amount, None if amount is None else period, next_steps=steps, reasons=tuple(reasons))


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
    elif s.cover == "none" and low(s.rsu_score, facts):
        warnings.append("low_score_and_activity")
    steps = found.next_steps
    also: tuple[str, ...] = ()
    if s.cover in ("tadamon", "achamil"):
        steps = ("chamber", *steps)
    elif s.cover == "tns":
        steps, also = ("cnss",), ("already_in_tns",)
    ask = bool(warnings) or any(reason in ASK_FOR for reason in found.reasons)
    return replace(
        found, rna=rna(s, on, facts), next_steps=steps, ask_person=ask, reasons=(*found.reasons, *also, *warnings)
    )
