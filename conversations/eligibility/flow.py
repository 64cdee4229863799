"""Eligibility: which cover an artisan has a right to, about how much it costs, what to do next.

Questions in the clerk's order; each is asked only if its answer can change the assessment.
"""

from collections.abc import Callable
from functools import partial

from conversations.eligibility import card, matters, why
from conversations.eligibility.result import result, result_sayings
from conversations.eligibility.tax import (
    ANNUAL_TAX,
    NET_PROFIT,
    TURNOVER_GOODS,
    TURNOVER_SERVICES,
    profit_edges,
    tax_edges,
    turnover_edges,
)
from conversations.forms.flow import TO_MENU, TO_PERSON, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Amount, Choice, Score, Search, Years
from conversations.values import Placeholder


def options(*ids: str, explains: str | None = None) -> tuple[Option, ...]:
    """Options by id; the last may be one that explains how to find out."""
    return (*map(Option, ids), *((Option(explains, explains=True),) if explains else ()))


def bands(amount: Amount, edges: Callable[[str, Case], dict[str, Placeholder]]) -> tuple[Option, ...]:
    """The bands of an amount with their edges, then `I don't know` and how to find out."""
    return (*(Option(id, figures=partial(edges, id)) for id in amount.bands), *options("unsure", explains="how"))


def too_early(case: Case) -> bool:
    """A day before the first the rules cover: a clock that is wrong, and no answer from it."""
    return case.context.today < case.context.facts.first_day


def work_unknown(case: Case) -> bool:
    """Without `work` nothing can be assessed."""
    return case.answers.get("work") == "unsure"


TO_SESSIONS = Option("sessions", leads_to="sessions")
TO_QUESTIONS = Option("question", leads_to="questions")
EDIT_ANSWER = Option("edit")
START_AGAIN = Option("again", leads_to="restart")

# What pre-registration would ask again.
CARRIED = ("work", "makes", "trade", "practice_years", "has_diploma", "tax_status", "cover", "in_rna")

RESULT = (
    Option("register", leads_to="register", carries=CARRIED),
    TO_SESSIONS,
    TO_QUESTIONS,
    START_AGAIN,
    Option("why", says=why.why, sayings=why.why_sayings()),
    Option("card", says=card.result_sheet, sayings=card.card_sayings()),
    Option("follow", operation="follow"),
    TO_PERSON,
    EDIT_ANSWER,
    TO_MENU,
)

FLOW = Flow(
    id="eligibility",
    version=1,
    command=Command(line="eligibility", place=100),
    steps=(
        Step(
            "work",
            Choice(),
            options("own_account", "employee", "cooperative", "member", "helper", "none", "unsure"),
        ),
        # who says she has no work may still make something she sells: asked once
        Step("makes", Choice(), options("yes", "no"), when=matters.says_no_work),
        Step("age", Years(5, 110), options("unsure"), says=matters.grown_up),
        Step(
            "cover",
            Choice(),
            options(
                "none", "tadamon", "tns", "employee", "dependant", "pensioner", "achamil", "other",
                "unsure", explains="how",
            ),
            when=matters.cover,
        ),
        Step("declared", Choice(), options("yes", "no", "unsure", explains="how"), when=matters.declared),
        Step(
            "tax_status",
            Choice(),
            options(
                "none", "auto_entrepreneur", "cpu", "accounts_simplified", "accounts_real", "several",
                "unsure", explains="how",
            ),
            when=matters.tax_status,
        ),
        Step("in_rna", Choice(), options("yes", "no", "unsure", explains="how"), when=matters.in_rna),
        Step("trade", Search("trades"), options("other", "unsure"), when=matters.trade),
        Step("annual_tax", ANNUAL_TAX, bands(ANNUAL_TAX, tax_edges), when=matters.under_cpu),
        Step(
            "activity",
            Choice(),
            options("goods", "services", "unsure", explains="how"),
            when=matters.activity,
        ),
        Step(
            "turnover_goods",
            TURNOVER_GOODS,
            bands(TURNOVER_GOODS, partial(turnover_edges, "goods")),
            when=partial(matters.turnover_of, "goods"),
        ),
        Step(
            "turnover_services",
            TURNOVER_SERVICES,
            bands(TURNOVER_SERVICES, partial(turnover_edges, "services")),
            when=partial(matters.turnover_of, "services"),
        ),
        Step("net_profit", NET_PROFIT, bands(NET_PROFIT, profit_edges), when=matters.net_profit),
        Step(
            "tax_return", Choice(), options("not_due", "missing", "filed", "unsure"), when=matters.tax_return
        ),
        Step(
            "practice_years",
            Years(0, 90, most=matters.age_told),
            options("unsure"),
            when=matters.practice_years,
        ),
        Step("has_diploma", Choice(), options("yes", "no", "unsure"), when=matters.has_diploma),
        Step(
            "rsu_score",
            Score(matters.score_thresholds),
            options("unsure", explains="how"),
            when=matters.rsu_score,
        ),
    ),
    stops=(
        Outcome("no_rules", when=too_early, options=(TO_PERSON, TO_MENU)),
        Outcome(
            "no_work",
            when=work_unknown,
            options=(TO_PERSON, TO_SESSIONS, TO_QUESTIONS, EDIT_ANSWER, START_AGAIN, TO_MENU),
        ),
    ),
    outcomes=(Outcome("result", when=always, options=RESULT, says=result, sayings=result_sayings()),),
)
