"""Why the result is what it is: each reason with the texts it rests on, and how the amount is counted."""

from datetime import date
from decimal import Decimal

import amo
from amo.amounts import flat
from amo.rules import MARKS
from conversations.context import TurnContext
from conversations.eligibility.result import CONTRIBUTES, assessment, reason, spoken_reasons, whole_dirhams
from conversations.forms.flow import Case
from conversations.language.figures import decimal, grouped_number, percent
from conversations.values import Lines, Money, Named, Reply, Say

# The factor of each regime whose amount follows the SMIG.
FACTORS = {
    "registered_in_rna": "artisan",
    "can_register_in_rna": "artisan",
    "accounts_simplified": "accounts_simplified",
    "first_return_not_due": "no_return_due",
    "return_missing": "no_return_filed",
}


def why(case: Case) -> Reply:
    """Each reason with its texts and how sure they are; the sum; the day of the rules."""
    found = assessment(case.answers, case.context)
    spoken = spoken_reasons(found, case.answers)
    rules = [each for each in found.reasons if each != "at_least"]
    text: list[Say | Lines] = [Say("eligibility.why.head")]
    for said, rule in zip(spoken, rules, strict=True):
        text.append(Lines((reason(said, case.context), rule_source(rule, case.context)), flat=True))
    counted = sum_of(found, case.context)
    if counted is not None:
        text.append(counted)
    if found.regime == "tns_artisan":
        first = case.context.facts.first_day
        then = Money(whole_dirhams(flat("artisan", first, case.context.facts)))
        text.append(Say("eligibility.why.then", {"year": Named.same(str(first.year)), "amount": then}))
    text.append(Say("eligibility.why.edition", {"day": date.fromisoformat(case.context.facts.edition)}))
    return Reply(tuple(text))


def rule_source(rule: str, context: TurnContext) -> Say:
    """The texts of a rule, and how sure they are."""
    found = context.facts.rules.rules[rule]
    return Say(
        "eligibility.why.source",
        {"texts": texts(found.texts, context), "mark": Say(f"law.mark.{found.mark}")},
    )


def texts(ids: tuple[str, ...], context: TurnContext) -> Named:
    """Texts by their names, one after the other."""
    names = [context.facts.rules.texts[id] for id in ids]
    return Named({"ar": "؛ ".join(each["ar"] for each in names), "fr": "\u00a0; ".join(each["fr"] for each in names)})


def sum_of(found: amo.Assessment, context: TurnContext) -> Say | None:
    """How the amount was counted: the product for a flat rate, the scale otherwise."""
    if found.amount is None or found.regime not in (*CONTRIBUTES, "achamil"):
        return None
    factor = next((FACTORS[each] for each in found.reasons if each in FACTORS), None)
    if factor is None and "accounts_real" in found.reasons:
        factor = _real(found.amount, context)
    if factor is None:
        scale = "achamil_scale" if found.regime == "achamil" else "tax_scale"
        said = {"band": line_of(scale, found.amount, context), "amount": decimal_dirhams(found.amount)}
        return Say(f"eligibility.why.{scale}", said)
    facts, today = context.facts, context.today
    smig = facts.find("smig_hour", today)
    assert smig is not None
    product = " × ".join(
        (
            percent(facts.figure("rate", today)).names["fr"],
            decimal(facts.figure(f"flat_factor.{factor}", today)).names["fr"],
            decimal(facts.figure("smig_hour", today)).names["fr"],
            decimal(facts.figure("annual_hours", today)).names["fr"],
        )
    )
    return Say(
        "eligibility.why.flat",
        {
            "sum": Named.same(f"{product} ÷ 12 = {decimal(found.amount).names['fr']}"),
            "smig": texts((smig.text,), context),
            "mark": Say(f"law.mark.{smig.mark}"),
        },
    )


def line_of(scale: str, due: Decimal, context: TurnContext) -> Named:
    """The line of a scale that gives an amount: from, to."""
    row = context.facts.find(scale, context.today)
    bands = row.bands if row else ()
    place, band = next((place, band) for place, band in enumerate(bands) if band.due == due)
    if band.below is not None:
        return _figures(f"< {grouped_number(band.below)}")
    low = band.low if band.low is not None else band.over
    if low is None and place:
        low = bands[place - 1].high
    if band.high is None:
        return _figures(f"> {grouped_number(low or Decimal(0))}")
    return _figures(f"{grouped_number(low or Decimal(0))} – {grouped_number(band.high)}")


def _figures(text: str) -> Named:
    """Signs and numbers that keep their order inside Arabic (U+2068, U+2069)."""
    return Named({"ar": f"\u2068{text}\u2069", "fr": text})


def _real(amount: Decimal, context: TurnContext) -> str:
    """Which of the two factors of real accounts gave the amount."""
    high = flat("accounts_real_high", context.today, context.facts)
    return "accounts_real_high" if amount == high else "accounts_real_low"


def decimal_dirhams(amount: Decimal) -> Named:
    """DH to the centime, for the jurist."""
    number = format(amount, "f").replace(".", ",")
    return Named({"ar": f"{number} درهم", "fr": f"{number}\u00a0DH"})


def why_sayings() -> tuple[str, ...]:
    """Every address this may use."""
    return (
        *(
            f"eligibility.why.{each}"
            for each in ("head", "source", "flat", "tax_scale", "achamil_scale", "then", "edition")
        ),
        *(f"law.mark.{mark}" for mark in MARKS),
    )
