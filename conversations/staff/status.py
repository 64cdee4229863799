"""How the service is, for the admins: what is wrong, who was heard when, what waits."""

from conversations.forms.flow import TO_MENU, Case, Command, Flow, Outcome, always
from conversations.roles import Role
from conversations.values import Reply


def how_it_is(case: Case) -> Reply:
    """How the service is now."""
    return case.context.lookups.standing()


STATUS = Flow(
    id="status",
    version=1,
    command=Command("status", "status", 86),
    role=Role.ADMIN,
    steps=(),
    outcomes=(Outcome("now", when=always, options=(TO_MENU,), says=how_it_is, sayings=("status.line",)),),
    keeps=(),
)
