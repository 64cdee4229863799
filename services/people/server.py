"""The chamber's people for who runs the server: listed, invited, confirmed, removed without a chat."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conversations.roles import Role
from conversations.values import SubjectKind
from models import journal, staff
from models.contact import Contact
from models.staff import StaffState
from services.context import Desk
from services.people import team
from services.people.invitations import create_invitation
from services.people.journal import last_told_head, record_act
from services.people.staff import member_in_words


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A colleague on the server's list. `seen`: when she was last heard, in UTC."""

    number: int
    name: str
    roles: str
    state: str
    since: datetime
    seen: datetime | None
    channel: str


@dataclass(frozen=True, slots=True)
class ListedAct:
    """An act on the server's list; `at` in UTC, `actor` the number of a colleague, 0 for the server."""

    number: int
    at: datetime
    actor: int
    act: str
    subject: str | None


def listed_acts(db: Session, most: int) -> list[ListedAct]:
    """Return the last acts, the latest first."""
    found = journal.last_entries(db, most)
    return [ListedAct(each.number, each.at, each.actor, each.act, each.subject) for each in found]


def members(db: Session, desk: Desk) -> list[ListedMember]:
    """Return everybody of the team, in the order they joined."""
    found = []
    for row in staff.staff_in(db, *team.IN_THE_TEAM):
        hers = db.get_one(Contact, row.contact_id)
        name = member_in_words(desk, row).names["fr"]
        found.append(ListedMember(row.id, name, row.roles, row.state, row.since, hers.heard_at, hers.channel or ""))
    return found


def invite_from_server(db: Session, desk: Desk, roles: Collection[str]) -> str:
    """Return an invitation whose bearer is in the team at once."""
    ordered = " ".join(role for role in Role if role in roles)
    code = create_invitation(db, desk, ordered, from_server=True)
    record_act(db, desk, None, "server_invite", None)
    return code


def confirm_from_server(db: Session, desk: Desk, number: int) -> tuple[bool, str]:
    """Give somebody who was silent her rights back. Returns whether it was done, and what is said of it."""
    row = staff.staff_by_number(db, number)
    if row is None or row.state != StaffState.ASLEEP:
        return False, f"{number}: nobody of that number waits to be confirmed"
    team.wake(db, desk, row)
    record_act(db, desk, None, "server_confirm", SubjectKind.STAFF.of(row.id))
    return True, f"{number}: confirmed"


def remove_from_server(db: Session, desk: Desk, number: int) -> tuple[bool, str]:
    """Take somebody out of the team, the last admin too. Returns whether it was done, and what is said of it."""
    row = staff.staff_by_number(db, number)
    if row is None or row.state not in team.IN_THE_TEAM:
        return False, f"{number}: nobody of the team has that number"
    team.end_membership(db, desk, row)
    db.flush()
    record_act(db, desk, None, "server_remove", SubjectKind.STAFF.of(row.id))
    left = "" if staff.anybody_is(db, Role.ADMIN) else "; nobody is admin now: bot.py staff invite --role admin"
    return True, f"{number}: removed{left}"


def head_told(db: Session) -> str | None:
    """Return the head of the journal that the admins were told last; None before the first Monday."""
    return last_told_head(db)
