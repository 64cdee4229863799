"""Messages that left or are leaving: looked at, held back, taken up, reported; and everything at once."""

from conversations.forms.flow import Case, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Search
from conversations.roles import BROADCASTER
from conversations.values import Reply, Say

SENDINGS = "sendings"
MENU = Option("menu", leads_to="menu")
# What may be done with one, by the name of its deed.
DEEDS = {"pause": "pause", "resume": "resume", "undo": "undo", "retry": "retry", "report": "report"}


def chosen(case: Case) -> bool:
    """Whether one was chosen."""
    return "broadcast" in case.answers


def any_sending(case: Case) -> bool:
    """Whether there is one to choose."""
    return bool(case.world.sources[SENDINGS].find("", case.answers, 0)[0])


def standing(case: Case) -> Reply:
    """How it stands: the balance, and the reasons."""
    return case.world.sending(str(case.answers["broadcast"])).told


def may_be(deed: str) -> Option:
    """A deed that may be done with it today."""

    def today(case: Case) -> bool:
        return deed in case.world.sending(str(case.answers["broadcast"])).may

    return Option(deed, deed=DEEDS[deed], when=today)


def _correctable(case: Case) -> bool:
    return "correct" in case.world.sending(str(case.answers["broadcast"])).may


FLOW = Flow(
    id="sendings",
    version=1,
    role=BROADCASTER,
    steps=(Step("broadcast", Search(SENDINGS, shows=True), when=any_sending),),
    outcomes=(
        Outcome("none", when=lambda case: not chosen(case), options=(MENU,)),
        Outcome(
            "one",
            when=always,
            options=(
                *(may_be(deed) for deed in DEEDS),
                Option("correct", leads_to="correct", carries=("broadcast",), when=_correctable),
                Option("others", leads_to="sendings"),
                MENU,
            ),
            says=standing,
            sayings=("sendings.one.ask",),
        ),
    ),
    keeps=(),
)


def how_many(case: Case) -> Reply:
    """What would be held back."""
    found = case.world.going()
    return Reply((Say("halt.all.count", {"number": found}, count=found),))


HALT = Flow(
    id="halt",
    version=1,
    role=BROADCASTER,
    steps=(),
    outcomes=(
        Outcome("idle", when=lambda case: case.world.going() == 0, options=(MENU,)),
        Outcome(
            "all",
            when=always,
            options=(Option("halt", deed="halt"), MENU),
            says=how_many,
            sayings=("halt.all.count",),
        ),
    ),
    keeps=(),
)
