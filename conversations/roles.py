"""What a person may do at the desk by her role; an artisan has none."""

from conversations.flow import Case, When

CLERK, ADMIN = "clerk", "admin"
RANK = {None: 0, CLERK: 1, ADMIN: 2}


def may(role: str | None, needed: str | None) -> bool:
    """Whether a role is enough; one the desk does not know is none."""
    return RANK.get(role, 0) >= RANK[needed]


def only(needed: str) -> When:
    """An option for those whose role is enough."""

    def held(case: Case) -> bool:
        return may(case.world.role, needed)

    return held
