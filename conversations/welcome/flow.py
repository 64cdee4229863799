"""The welcome: language, who this is, the menu. And the question asked of one who comes back."""

from collections.abc import Iterable

from conversations.forms.flow import TO_PERSON, Case, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice
from conversations.roles import only
from conversations.values import HOME, Named, Reply, Say

TO_LANGUAGE = Option("language", leads_to="language")


def welcome(flows: Iterable[Flow]) -> Flow:
    """Return the welcome; its menu has a line for each flow whose command has one."""
    opened = sorted(
        ((flow.command, flow) for flow in flows if flow.command is not None and flow.command.line is not None),
        key=lambda pair: pair[0].place,
    )
    lines = [Option(str(command.line), leads_to=flow.id, when=only(flow.role)) for command, flow in opened]
    return Flow(
        id=HOME,
        version=1,
        steps=(Step("language", Choice(), (Option("ar"), Option("fr"))),),
        outcomes=(Outcome("menu", when=always, options=(*lines, TO_PERSON, TO_LANGUAGE)),),
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
