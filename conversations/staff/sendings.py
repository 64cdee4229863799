"""Broadcasts that left or are leaving: looked at, paused, resumed, reported; and everything paused at once."""

from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Search
from conversations.roles import Role
from conversations.values import Reply, Say

BROADCASTS_SOURCE = "sendings"
# What may be done with one, by the name of its operation.
CONTROLS = {"pause": "pause", "resume": "resume", "undo": "undo", "retry": "retry", "report": "report"}


def broadcast_chosen(case: Case) -> bool:
    """Whether one was chosen."""
    return "broadcast" in case.answers


def any_sending(case: Case) -> bool:
    """Whether there is one to choose."""
    return bool(case.context.sources[BROADCASTS_SOURCE].find("", case.answers, 0)[0])


def standing(case: Case) -> Reply:
    """How it stands: the balance, and the reasons."""
    return case.context.lookups.broadcast(str(case.answers["broadcast"])).told


def may_be(operation: str) -> Option:
    """A operation that may be done with it today."""

    def today(case: Case) -> bool:
        return operation in case.context.lookups.broadcast(str(case.answers["broadcast"])).may

    return Option(operation, operation=CONTROLS[operation], when=today)


def _correctable(case: Case) -> bool:
    return "correct" in case.context.lookups.broadcast(str(case.answers["broadcast"])).may


FLOW = Flow(
    id="sendings",
    version=1,
    command=Command("sendings", "sendings", 50),
    role=Role.BROADCASTER,
    steps=(Step("broadcast", Search(BROADCASTS_SOURCE, shows=True), when=any_sending),),
    outcomes=(
        Outcome("none", when=lambda case: not broadcast_chosen(case), options=(TO_MENU,)),
        Outcome(
            "one",
            when=always,
            options=(
                *(may_be(operation) for operation in CONTROLS),
                Option("correct", leads_to="correct", carries=("broadcast",), when=_correctable),
                Option("others", leads_to="sendings"),
                TO_MENU,
            ),
            says=standing,
            sayings=("sendings.one.ask",),
        ),
    ),
    keeps=(),
)


def how_many_going(case: Case) -> Reply:
    """What would be held back."""
    found = case.context.lookups.going()
    return Reply((Say("halt.all.count", {"number": found}, count=found),))


HALT = Flow(
    id="halt",
    version=1,
    command=Command("halt", "halt", 60),
    role=Role.BROADCASTER,
    steps=(),
    outcomes=(
        Outcome("idle", when=lambda case: case.context.lookups.going() == 0, options=(TO_MENU,)),
        Outcome(
            "all",
            when=always,
            options=(Option("halt", operation="halt"), TO_MENU),
            yes=("halt",),
            says=how_many_going,
            sayings=("halt.all.count",),
        ),
    ),
    keeps=(),
)
