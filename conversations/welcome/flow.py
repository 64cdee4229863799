"""The welcome: language, who this is, the menu. And the question asked of one who comes back."""

from conversations.forms.flow import Case, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice
from conversations.roles import Role, only
from conversations.values import HOME, Named, Reply, Say

FLOW = Flow(
    id=HOME,
    version=1,
    steps=(Step("language", Choice(), (Option("ar"), Option("fr"))),),
    outcomes=(
        Outcome(
            "menu",
            when=always,
            options=(
                Option("plan", leads_to="plan", when=only(Role.BROADCASTER)),
                Option("manage", leads_to="manage", when=only(Role.BROADCASTER)),
                Option("broadcast", leads_to="broadcast", when=only(Role.BROADCASTER)),
                Option("door", leads_to="door", when=only(Role.BROADCASTER)),
                Option("sendings", leads_to="sendings", when=only(Role.BROADCASTER)),
                Option("invite", leads_to="invite", when=only(Role.ADMIN)),
                Option("eligibility", leads_to="eligibility"),
                Option("register", leads_to="register"),
                Option("file", leads_to="files"),
                Option("sessions", leads_to="sessions"),
                Option("questions", leads_to="questions"),
                Option("person", leads_to="person"),
                Option("language", leads_to="language"),
            ),
        ),
    ),
)


def of_a_person(case: Case) -> bool:
    """Whether the form that waits is one of which a phone may have several."""
    return case.answers.get("flow") == "register"


def form_waits(case: Case) -> Reply:
    """Something waits; whose it is, where that is told."""
    ask = Say("resume.draft.ask")
    name = case.answers.get("name")
    return Reply((Say("resume.draft.named", {"name": Named.same(str(name))}), ask) if name else (ask,))


RESUME = Flow(
    id="resume",
    version=1,
    given=("flow", "name"),
    steps=(),
    outcomes=(
        Outcome(
            "draft",
            when=always,
            options=(
                Option("continue", leads_to="continue"),
                Option("another", leads_to="another", when=of_a_person),
                Option("restart", leads_to="restart"),
            ),
            says=form_waits,
            sayings=("resume.draft.ask", "resume.draft.named"),
        ),
    ),
)
