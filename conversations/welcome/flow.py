"""The welcome: language, who this is, the menu. And the question asked of one who comes back."""

from collections.abc import Iterable
from dataclasses import replace

from conversations.forms.flow import TO_MENU, TO_PERSON, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Choice
from conversations.roles import MEMBER, may, only
from conversations.values import HOME, Lines, Named, Reply, Say

TO_LANGUAGE = Option("language", leads_to="language")
TASKS = ("requests", "approvals", "questions", "files")


def of_the_team(case: Case) -> bool:
    """Whether somebody of the chamber looks at the menu."""
    return may(case.context.roles, MEMBER)


def of_an_artisan(case: Case) -> bool:
    """Whether an artisan does."""
    return not of_the_team(case)


def menu_words(case: Case) -> Reply:
    """Who this is, to an artisan; to somebody of the chamber, what waits for her today."""
    if of_an_artisan(case):
        return Reply((Say("welcome.menu.ask"),))
    waiting = case.context.lookups.tasks()
    lines = [
        Say(f"welcome.task.{name}", {"number": waiting[name]}, waiting[name]) for name in TASKS if waiting.get(name)
    ]
    if not lines:
        return Reply((Say("welcome.team.nothing"),))
    return Reply((Lines((Say("welcome.team.ask"), *lines)),))


def _in_order(flows: Iterable[Flow]) -> list[tuple[Command, Flow]]:
    opened = [(flow.command, flow) for flow in flows if flow.command is not None and flow.command.line is not None]
    return sorted(opened, key=lambda pair: pair[0].place)


def welcome(flows: Iterable[Flow]) -> Flow:
    """Return the welcome; its menu has a line for each flow whose command has one: those of an artisan, or those of the
    chamber's people with the others behind one line.
    """
    opened = _in_order(flows)
    team = [Option(str(command.line), leads_to=flow.id, when=only(flow.role)) for command, flow in opened if flow.role]
    theirs = [Option(str(each.line), leads_to=flow.id, when=of_an_artisan) for each, flow in opened if not flow.role]
    shared = (Option("services", leads_to="services", when=of_the_team), replace(TO_PERSON, when=of_an_artisan))
    return Flow(
        id=HOME,
        version=1,
        steps=(Step("language", Choice(), (Option("ar"), Option("fr"))),),
        outcomes=(
            Outcome(
                "menu",
                when=always,
                options=(
                    *team,
                    *theirs,
                    *shared,
                    TO_LANGUAGE,
                ),
                says=menu_words,
                sayings=(
                    "welcome.menu.ask",
                    "welcome.team.ask",
                    "welcome.team.nothing",
                    *(f"welcome.task.{name}" for name in TASKS),
                ),
            ),
        ),
    )


def services(flows: Iterable[Flow]) -> Flow:
    """Return what the chamber's people open to see what artisans see."""
    opened = [(command, flow) for command, flow in _in_order(flows) if flow.role is None]
    lines = tuple(Option(str(command.line), leads_to=flow.id) for command, flow in opened)
    return Flow(
        id="services",
        version=1,
        role=MEMBER,
        steps=(),
        outcomes=(Outcome("list", when=always, options=(*lines, TO_PERSON, TO_MENU)),),
        keeps=(),
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
