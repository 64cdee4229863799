"""What a person may do at the desk by her role; an artisan has none."""

from conversations.forms.flow import Case, When

BROADCASTER, APPROVER, ADMIN = "broadcaster", "approver", "admin"
ROLES = (BROADCASTER, APPROVER, ADMIN)
RANK = {None: 0, BROADCASTER: 1, APPROVER: 2, ADMIN: 3}


def may(role: str | None, needed: str | None) -> bool:
    """Whether a role is enough; one the desk does not know is none."""
    return RANK.get(role, 0) >= RANK[needed]


def only(needed: str) -> When:
    """An option for those whose role is enough."""

    def held(case: Case) -> bool:
        return may(case.world.role, needed)

    return held
