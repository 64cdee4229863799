"""The result on a sheet one can keep, print and hand on. It names nobody."""

from datetime import date

from conversations.eligibility.result import CONTRIBUTES, assessment, care, result_lines, what_next, whole_dirhams
from conversations.forms.flow import Case
from conversations.values import Card, Money, Reply, Say

CARD_PERIODS = ("month", "quarter", "at_least")


def result_sheet(case: Case) -> Reply:
    """The words that come with the sheet, and the sheet."""
    found = assessment(case.answers, case.context)
    edition = date.fromisoformat(case.context.facts.edition)
    figure = None
    if found.amount:
        form = "at_least" if "at_least" in found.reasons else found.period
        amount = Money(whole_dirhams(found.amount))
        figure = Say(f"eligibility.card.figure.{form}", {"amount": amount})
    cares = (care(case.context),) if found.regime in CONTRIBUTES else ()
    sheet = Card(
        title=Say("eligibility.card.title"),
        figure=figure,
        parts=(*result_lines(found, case), *cares, *what_next(found, case)),
        foot=(
            Say("eligibility.result.orientation"),
            Say("eligibility.card.day", {"day": case.context.today, "read": edition}),
            *((Say("eligibility.card.scan"),) if case.context.link else ()),
        ),
        link=case.context.link,
    )
    return Reply((Say("eligibility.card.here"),), media=(sheet,))


def card_sayings() -> tuple[str, ...]:
    """Every address this may use, besides the result's."""
    return (
        *(f"eligibility.card.{each}" for each in ("here", "title", "day", "scan", "care")),
        *(f"eligibility.card.figure.{form}" for form in CARD_PERIODS),
    )
