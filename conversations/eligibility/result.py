"""The result as the person can use it: regime, amount, why, what to do next, who decides."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import amo
from amo import ids
from conversations.context import TurnContext
from conversations.eligibility.matters import works_as
from conversations.eligibility.tax import NET_PROFIT, annual_tax
from conversations.forms.flow import Case
from conversations.language.figures import Figures, decimal, figure_values, percent, whole_figure
from conversations.values import Answers, Lines, Money, Reply, Say

CONTRIBUTES = ("tns_artisan", "tns_cpu", "tns_auto_entrepreneur", "tns_accounts")
UNSURE = "unsure"


def situation(answers: Answers, context: TurnContext) -> dict[str, Any]:
    """The answers as `amo.read` takes them: null for a number or a trade nobody knows."""
    given: dict[str, Any] = {"work": works_as(answers)}
    for key in ("declared", "cover", "tax_status", "tax_return", "in_rna"):
        if key in answers:
            given[key] = answers[key]
    for key in ("trade", "practice_years", "rsu_score", "age"):
        if answers.get(key) not in (None, UNSURE):
            given[key] = answers[key]
    given["has_diploma"] = "yes" if answers.get("has_diploma") == "yes" else "no"
    given["annual_tax"] = annual_tax(answers, context)
    given["net_profit"] = NET_PROFIT.figure(answers.get("net_profit"))
    return given


def assessment(answers: Answers, context: TurnContext) -> amo.Assessment:
    """What `amo.assess` says of the answers today."""
    trade = answers.get("trade")
    known = (trade,) if isinstance(trade, str) else ()
    return amo.assess(amo.read(situation(answers, context), known), context.today, context.facts)


def result(case: Case) -> Reply:
    """The message of the outcome."""
    found = assessment(case.answers, case.context)
    text = list(result_lines(found, case))
    if found.ask_person:
        text.append(Say("eligibility.result.ask_person"))
    return Reply((*text, *what_next(found, case), Say("eligibility.result.orientation")))


def result_lines(found: amo.Assessment, case: Case) -> Iterator[Say | Lines]:
    """The regime, the amount and when to pay it, why, the register, what is covered."""
    yield regime(found, case.context)
    amount = amount_line(found, case.context)
    if amount is not None:
        yield amount
    if rests_on_old_figures(found, case.context):
        yield Say("eligibility.result.recheck", {"read": date.fromisoformat(case.context.facts.edition)})
    if found.regime in PAID_AT:
        yield payment(found.regime, case.context)
    yield Lines((Say("eligibility.result.why"), *reasons(found, case)))
    if found.rna != "not_assessed":
        yield register_line(found, case.context)
    if found.regime in CONTRIBUTES:
        if case.answers.get("cover") != "tns":
            yield Say("eligibility.result.direct_aid")
        yield covers(case.context)


def regime(found: amo.Assessment, context: TurnContext) -> Say:
    """The regime in words."""
    figures = figure_values(REGIME_FIGURES.get(found.regime, {}), context)
    return Say(f"eligibility.result.regime.{found.regime}", figures)


def rests_on_old_figures(found: amo.Assessment, context: TurnContext) -> bool:
    """Whether an amount rests on a figure that should have been looked at again by today."""
    facts = context.facts
    used = {fact for reason in found.reasons for fact in facts.rules.rules[reason].facts}
    return bool(found.amount) and facts.stale(used, context.today)


def reasons(found: amo.Assessment, case: Case) -> list[Say]:
    """Why, a sentence a rule."""
    return [reason(each, case.context) for each in spoken_reasons(found, case.answers)]


def reason(id: str, context: TurnContext) -> Say:
    """The sentence of a rule, with the figures it uses as they stand today."""
    return Say(f"eligibility.result.reason.{id}", figure_values(REASON_FIGURES.get(id, {}), context))


def register_line(found: amo.Assessment, context: TurnContext) -> Say:
    """Where she stands with the register."""
    return Say(f"eligibility.result.rna.{found.rna}", figure_values(RNA_FIGURES.get(found.rna, {}), context))


def covers(context: TurnContext) -> Say:
    """What is covered and who, from when."""
    return Say("eligibility.result.covers", figure_values(COVER_FIGURES, context))


def care(context: TurnContext) -> Say:
    """How much of care is paid back: on the sheet, which has room for it."""
    return Say("eligibility.card.care", figure_values(CARE_FIGURES, context))


def payment(regime: str, context: TurnContext) -> Say:
    """Who is paid, when and where, and what a late payment does: it differs by regime."""
    payee = PAID_AT[regime]
    return Say(f"eligibility.result.pay.{payee}", figure_values(PAY_FIGURES.get(payee, {}), context))


def what_next(found: amo.Assessment, case: Case) -> Iterator[Say | Lines]:
    """Who to see, in order, and with which papers; or where one's rights can be looked up."""
    if not found.next_steps:
        yield Say("eligibility.result.check")
        return
    yield Say("eligibility.result.next")
    steps = [Say(f"eligibility.result.step.{step}") for step in spoken_steps(found, case.answers)]
    yield Lines(tuple(steps), numbered=True)
    if "rna" in found.next_steps:
        yield Say("eligibility.result.papers")


def amount_line(found: amo.Assessment, context: TurnContext) -> Say | None:
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
    return Say(f"eligibility.result.amount.{form}", {"amount": Money(whole_dirhams(found.amount))})


def whole_dirhams(amount: Decimal) -> Decimal:
    """Shown in whole dirhams, with "about"."""
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


# Who is paid: sending a CPU payer to the CNSS would make her pay what does not count.
PAID_AT: Mapping[str, str] = {
    "tns_artisan": "cnss",
    "tns_accounts": "cnss",
    "tns_cpu": "with_cpu",
    "tns_auto_entrepreneur": "with_quarterly_tax",
    "achamil": "bank",
}
# A visit to CNSS where nothing is paid, and one to the tax administration where it is.
STEPS_BY_REGIME: Mapping[tuple[str, str], str] = {
    ("tns_cpu", "cnss"): "cnss_rights",
    ("tns_auto_entrepreneur", "cnss"): "cnss_rights",
    ("tns_cpu", "dgi"): "dgi_paid",
}

# What fills the placeholders of sentences that name a figure: the placeholder, the fact, how it is said.
REASON_FIGURES: Mapping[str, Figures] = {
    "minor": {"age": ("adult_age", whole_figure)},
    "covered_by_wage": {"share": ("employee_share", percent)},
    "covered_by_pension": {"share": ("pensioner_rate", percent)},
    "accounts_real": {"ceiling": ("profit_ceiling", Money)},
    "practice_unknown": {"years": ("years_artisan", whole_figure)},
    "too_little_practice": {"years": ("years_artisan", whole_figure)},
    "low_score": {"top": ("tadamon_top_score", decimal)},
    "high_score": {"top": ("tadamon_top_score", decimal)},
}
REGIME_FIGURES: Mapping[str, Figures] = {"minor": {"age": ("adult_age", whole_figure)}}
PAY_FIGURES: Mapping[str, Figures] = {
    "cnss": {"late": ("late_cnss_month", percent)},
    "with_cpu": {
        "late": ("late_dgi", percent),
        "soon": ("late_dgi_soon", percent),
        "days": ("late_dgi_soon_days", whole_figure),
        "first": ("late_dgi_first_month", percent),
        "month": ("late_dgi_month", percent),
    },
    "bank": {"months": ("achamil_wait_months", whole_figure)},
}
RNA_FIGURES: Mapping[str, Figures] = {
    "master_artisan": {"years": ("years_master", whole_figure)},
    "artisan": {"years": ("years_artisan", whole_figure)},
    "not_yet": {"years": ("years_artisan", whole_figure)},
}
COVER_FIGURES: Figures = {
    "child": ("child_age", whole_figure),
    "student": ("student_age", whole_figure),
    "months": ("waiting_months", whole_figure),
}
CARE_FIGURES: Figures = {"care": ("refund_share", percent), "hospital": ("refund_hospital", percent)}

# Said to a wage earner of a cooperative, where an employee hears of an employer.
IN_A_COOPERATIVE: Mapping[str, str] = {
    "undeclared_employee": "undeclared_in_cooperative",
    "employer": "president",
}


def result_sayings() -> tuple[str, ...]:
    """Every address the result may use."""
    forms = ("month", "quarter", "at_least", "state_pays", "nothing", "unknown")
    reasons = {*ids.REASONS, IN_A_COOPERATIVE["undeclared_employee"]} - {"at_least"}
    steps = (*ids.NEXT_STEPS, IN_A_COOPERATIVE["employer"], *sorted(set(STEPS_BY_REGIME.values())))
    words = ("why", "covers", "check", "next", "papers", "ask_person", "orientation", "direct_aid", "recheck")
    return tuple(
        f"eligibility.result.{address}"
        for address in (
            *(f"regime.{regime}" for regime in ids.REGIMES),
            *(f"amount.{form}" for form in forms),
            *(f"pay.{payee}" for payee in sorted(set(PAID_AT.values()))),
            *(f"reason.{reason}" for reason in sorted(reasons)),
            *(f"rna.{standing}" for standing in ids.RNA if standing != "not_assessed"),
            *(f"step.{step}" for step in steps),
            *words,
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
    steps = [STEPS_BY_REGIME.get((found.regime, step), step) for step in found.next_steps]
    return [IN_A_COOPERATIVE.get(step, step) if cooperative else step for step in steps]
