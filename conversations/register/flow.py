"""Pre-registration, the short form: consent, name, trade, place, phone; a summary; a reference."""

from conversations.flow import Case, Flow, Option, Outcome, Step, always
from conversations.kinds import Choice, Name, Phone, Search
from conversations.places import commune, province

# The words people agree to, by the name they had on that day; new words, a new name.
CONSENT_VERSION = "2026-11.2"
MENU = Option("menu", leads_to="menu")


def refused(case: Case) -> bool:
    """Without consent nothing personal is asked."""
    return case.answers.get("consent") == "no"


def number_known(case: Case) -> bool:
    """Whether the channel tells the person's own number."""
    return case.world.phone is not None


FLOW = Flow(
    id="register",
    version=1,
    steps=(
        Step("consent", Choice(), (Option("yes"), Option("no"))),
        Step("name", Name()),
        Step("trade", Search("trades"), (Option("other"),)),
        province(),
        commune(),
        Step("phone", Phone(), (Option("mine", when=number_known),), media="contact"),
    ),
    stops=(
        Outcome(
            "refused",
            when=refused,
            options=(
                Option("eligibility", leads_to="eligibility"),
                Option("sessions", leads_to="sessions"),
                Option("again", leads_to="restart"),
                MENU,
            ),
        ),
    ),
    outcomes=(
        Outcome(
            "check",
            when=always,
            options=(Option("confirm", deed="register"), Option("edit"), MENU),
            summary=True,
        ),
    ),
)
