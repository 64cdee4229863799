"""The roles of the chamber's people, which add up; an artisan has none. What each may do:
services/turns/operations.py.
"""

from collections.abc import Collection
from enum import StrEnum

from conversations.forms.flow import Case, When


class Role(StrEnum):
    """What a person of the chamber may do: each role for itself, an admin everything."""

    AGENT = "agent"  # files, and requests for a person
    BROADCASTER = "broadcaster"  # sessions and broadcasts
    APPROVER = "approver"  # agrees to the broadcasts of others
    ADMIN = "admin"


MEMBER = "member"
"""What whoever has any role may do. Nobody is given it."""


def may(roles: Collection[str], needed: str | None) -> bool:
    """Return whether some roles are enough for what needs one; a role the desk does not know is none."""
    known = [role for role in roles if role in tuple(Role)]
    return needed is None or needed in known or Role.ADMIN in known or (needed == MEMBER and bool(known))


def only(needed: str | None) -> When:
    """Return the predicate of an option for those whose roles are enough."""

    def held(case: Case) -> bool:
        return may(case.context.roles, needed)

    return held
