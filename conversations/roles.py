"""The roles of the chamber's people, in order; an artisan has none. What each may do: services/turns/operations.py."""

from collections.abc import Mapping
from enum import StrEnum

from conversations.forms.flow import Case, When


class Role(StrEnum):
    """What a person of the chamber is to the desk; each may what the one before may."""

    BROADCASTER = "broadcaster"
    APPROVER = "approver"
    ADMIN = "admin"


ROLE_RANK: Mapping[str | None, int] = {None: 0, Role.BROADCASTER: 1, Role.APPROVER: 2, Role.ADMIN: 3}


def may(role: str | None, needed: str | None) -> bool:
    """Whether a role is enough; one the desk does not know is none."""
    return ROLE_RANK.get(role, 0) >= ROLE_RANK[needed]


def only(needed: str | None) -> When:
    """An option for those whose role is enough."""

    def held(case: Case) -> bool:
        return may(case.context.role, needed)

    return held
