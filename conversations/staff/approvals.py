"""What waits for a second person: one chosen, agreed to or not."""

from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Search
from conversations.roles import Role
from conversations.values import Reply

WAITING = "waiting"


def none_to_approve(case: Case) -> bool:
    """Whether nothing waits for this person."""
    return "broadcast" not in case.answers and not case.context.sources[WAITING].find("", case.answers, 0)[0]


def to_approve(case: Case) -> Reply:
    """What people would read, and how many."""
    return case.context.lookups.broadcast(str(case.answers["broadcast"])).told


FLOW = Flow(
    id="approvals",
    version=1,
    command=Command("approvals", "approvals", 4),
    role=Role.APPROVER,
    steps=(Step("broadcast", Search(WAITING, shows=True)),),
    stops=(Outcome("none", when=none_to_approve, options=(TO_MENU,)),),
    outcomes=(
        Outcome(
            "one",
            when=always,
            options=(Option("yes", operation="approve_yes"), Option("no", operation="approve_no"), TO_MENU),
            yes=("yes",),
            says=to_approve,
        ),
    ),
    keeps=(),
)
