"""The result as the person can use it: regime, amount, why, what to do next, who decides."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import amo
from amo import ids
from conversations.eligibility.tax import NET_PROFIT, annual_tax
from conversations.flow import Case
from conversations.values import Answers, Lines, Money, Reply, Say
from conversations.world import World

CONTRIBUTES = ("tns_artisan", "tns_cpu", "tns_auto_entrepreneur", "tns_accounts")
UNSURE = "unsure"


def situation(answers: Answers, world: World) -> dict[str, Any]:
    """The answers as `amo.read` takes them: null for a number or a trade nobody knows."""
    given: dict[str, Any] = {"work": answers["work"]}
    for key in ("declared", "cover", "tax_status", "in_rna"):
        if key in answers:
            given[key] = answers[key]
    for key in ("trade", "practice_years", "rsu_score", "age"):
        if answers.get(key) not in (None, UNSURE):
            given[key] = answers[key]
    given["has_diploma"] = "yes" if answers.get("has_diploma") == "yes" else "no"
    given["annual_tax"] = annual_tax(answers, world)
    given["net_profit"] = NET_PROFIT.figure(answers.get("net_profit"))
    return given


def assessment(answers: Answers, world: World) -> amo.Assessment:
    """What `amo.assess` says of the answers today."""
    trade = answers.get("trade")
    known = (trade,) if isinstance(trade, str) else ()
    return amo.assess(amo.read(situation(answers, world), known), world.today, world.facts)


def result(case: Case) -> Reply:
    """The message of the outcome."""
    found = assessment(case.answers, case.world)
    text: list[Say | Lines] = [Say(f"eligibility.result.regime.{found.regime}")]
    amount = amount_line(found)
    if amount is not None:
        text.append(amount)
    reasons = [Say(f"eligibility.result.reason.{reason}") for reason in spoken_reasons(found, case.answers)]
    text.append(Lines((Say("eligibility.result.why"), *reasons)))
    if found.rna != "not_assessed":
        text.append(Say(f"eligibility.result.rna.{found.rna}"))
    if found.regime in CONTRIBUTES:
        text.append(Say("eligibility.result.covers"))
    if found.ask_person:
        text.append(Say("eligibility.result.ask_person"))
    if found.next_steps:
        text.append(Say("eligibility.result.next"))
        steps = [Say(f"eligibility.result.step.{step}") for step in spoken_steps(found, case.answers)]
        text.append(Lines(tuple(steps), numbered=True))
    else:
        text.append(Say("eligibility.result.check"))
    if "rna" in found.next_steps:
        text.append(Say("eligibility.result.papers"))
    text.append(Say("eligibility.result.orientation"))
    return Reply(tuple(text))


def amount_line(found: amo.Assessment) -> Say | None:
    """About how much and how often; or that nobody may say yet; or nothing to say of money."""
    if found.regime == "tadamon":
        return Say("eligibility.result.amount.state_pays")
    if found.regime == "dependant":
        return Say("eligibility.result.amount.nothing")
    if found.amount is None:
        if found.regime not in CONTRIBUTES:
            return None
        return Say("eligibility.result.amount.unknown")
    form = "at_least" if "at_least" in found.reasons else str(found.period)
    if found.regime == "tns_artisan":
        form = "artisan"
    return Say(f"eligibility.result.amount.{form}", {"amount": Money(whole_dirhams(found.amount))})


def whole_dirhams(amount: Decimal) -> Decimal:
    """Shown in whole dirhams, with "about"."""
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


# Said to a wage earner of a cooperative, where an employee hears of an employer.
IN_A_COOPERATIVE: Mapping[str, str] = {
    "undeclared_employee": "undeclared_in_cooperative",
    "employer": "president",
}


def sayings() -> tuple[str, ...]:
    """Every address the result may use."""
    forms = ("artisan", "month", "quarter", "at_least", "state_pays", "nothing", "unknown")
    reasons = {*ids.REASONS, IN_A_COOPERATIVE["undeclared_employee"]} - {"at_least"}
    steps = (*ids.NEXT_STEPS, IN_A_COOPERATIVE["employer"])
    plain = ("why", "covers", "check", "next", "papers", "ask_person", "orientation")
    return tuple(
        f"eligibility.result.{address}"
        for address in (
            *(f"regime.{regime}" for regime in ids.REGIMES),
            *(f"amount.{form}" for form in forms),
            *(f"reason.{reason}" for reason in sorted(reasons)),
            *(f"rna.{standing}" for standing in ids.RNA if standing != "not_assessed"),
            *(f"step.{step}" for step in steps),
            *plain,
        )
    )


def spoken_reasons(found: amo.Assessment, answers: Answers) -> list[str]:
    """The rule ids as sentences; `at_least` is said with the amount."""
    cooperative = answers["work"] == "cooperative"
    return [
        IN_A_COOPERATIVE.get(reason, reason) if cooperative else reason
        for reason in found.reasons
        if reason != "at_least"
    ]


def spoken_steps(found: amo.Assessment, answers: Answers) -> list[str]:
    """Who to see, in order."""
    cooperative = answers["work"] == "cooperative"
    return [IN_A_COOPERATIVE.get(step, step) if cooperative else step for step in found.next_steps]
