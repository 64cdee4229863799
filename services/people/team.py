"""The team: who is in it, with which roles; a colleague changed, confirmed, named, removed; oneself leaving."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from conversations.context import MemberView
from conversations.language.texts import tidy
from conversations.language.understand import fold
from conversations.places import PROVINCES
from conversations.roles import Role, may
from conversations.staff.people import LONGEST_CALLED
from conversations.values import Answers, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import journal as memory
from models import staff
from models.contact import Contact
from models.sealed import UNREADABLE
from models.staff import Staff, StaffState, seal_member_name
from services.context import Desk
from services.key_value import get_value
from services.outbox.messages import enqueue_notice
from services.people.invitations import void_invitations
from services.people.journal import SHOWN_ENTRIES, entry_in_words
from services.people.request_ring import give_back_requests
from services.people.staff import FEWER_ADMINS, member_in_words, note_fewer_admins, roles_in_words

IN_THE_TEAM = (StaffState.ACTIVE, StaffState.ASLEEP, StaffState.WAITING)
SHOWN_MEMBERS = 8
KNOWN_AFTER = timedelta(days=7)  # who was let in so long ago may approve, where no other admin can confirm her
NO_MEMBER = OperationResult((Say("desk.done_already"),), refused=True)


def _member(db: Session, value: object) -> Staff | None:
    text = str(value)
    row = staff.staff_by_number(db, int(text)) if text.isascii() and text.isdigit() and len(text) < 11 else None
    return row if row is not None and row.state in IN_THE_TEAM else None


def change_role(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Give a colleague a role, or take the one she has. Returns her roles as they are now; refused for the last role
    of somebody, and for the last admin's.
    """
    row, role = _member(db, operation.answers["member"]), str(operation.answers["role"])
    if row is None or role not in tuple(Role):
        return NO_MEMBER
    held = set(row.role_set)
    if role in held and len(held) == 1:
        return OperationResult((Say("staff.role.last"),), refused=True)
    if role == Role.ADMIN and role in held and _is_last_admin(db, row):
        return OperationResult((Say("staff.last_admin"),), refused=True)
    if role == Role.ADMIN and role in held:
        note_fewer_admins(db, desk)
    held ^= {role}
    row.roles = " ".join(each for each in Role if each in held)
    says = Say("staff.role.now", {"name": member_in_words(desk, row), "roles": roles_in_words(desk, row)})
    if row.contact_id != contact.id:
        told = Reply((Say("staff.role.yours", {"roles": roles_in_words(desk, row)}),))
        enqueue_notice(db, desk, db.get_one(Contact, row.contact_id), told, about=SubjectKind.STAFF.of(row.id))
    if not may(held, Role.AGENT):
        give_back_requests(db, desk, row.contact_id)
    return OperationResult((says,))


def name_member(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Say what a colleague is called; oneself may, and an admin. Returns what is kept."""
    row = _member(db, operation.answers["member"])
    if row is None or (row.contact_id != contact.id and Role.ADMIN not in staff.roles_of(db, contact.id)):
        return NO_MEMBER
    name = tidy(str(operation.answers["name"]))[:LONGEST_CALLED]
    if name != "later":
        seal_member_name(desk.sealer, row, name)
    return OperationResult((Say("staff.named", {"name": member_in_words(desk, row)}),))


def set_province(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Say of which province a colleague hears first; oneself may, and an admin. Returns what is kept."""
    row, province = _member(db, operation.answers["member"]), str(operation.answers["province"])
    if row is None or (row.contact_id != contact.id and Role.ADMIN not in staff.roles_of(db, contact.id)):
        return NO_MEMBER
    row.province = None if province == "everywhere" else province
    return OperationResult((Say("staff.province_set"),))


def toggle_nights(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Be rung at night too, or no more. Returns which."""
    row = staff.staff_of(db, contact.id)
    if row is None:
        return NO_MEMBER
    row.nights = not row.nights
    return OperationResult((Say("staff.nights_on" if row.nights else "staff.nights_off"),))


def remove_member(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take a colleague out of the team at once: no right, no message of the team, what she had in hand given back.
    Returns what the admin is told; refused for the last admin.
    """
    row = _member(db, operation.answers.get("member", operation.answers.get("staff")))
    if row is None:
        return NO_MEMBER
    if _is_last_admin(db, row):
        return OperationResult((Say("staff.last_admin"),), refused=True)
    name = member_in_words(desk, row)
    end_membership(db, desk, row)
    return OperationResult((Say("staff.removed", {"name": name}),))


def leave_team(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Leave the team by oneself. Returns what is told; refused for the last admin."""
    row = staff.staff_of(db, contact.id)
    if row is None or row.state != StaffState.ACTIVE:
        return NO_MEMBER
    if _is_last_admin(db, row):
        return OperationResult((Say("staff.last_admin"),), refused=True)
    told = Reply((Say("staff.left.told", {"name": member_in_words(desk, row)}),))
    if Role.ADMIN in row.role_set:
        note_fewer_admins(db, desk)
    row.state = StaffState.REMOVED
    void_invitations(db, contact.id)
    give_back_requests(db, desk, contact.id)
    for admin in staff.staff_with(db, Role.ADMIN):
        enqueue_notice(db, desk, admin, told, about=SubjectKind.STAFF.of(row.id))
    return OperationResult((Say("staff.left"),))


def end_membership(db: Session, desk: Desk, row: Staff) -> None:
    """Take somebody out of the team, and tell her."""
    if Role.ADMIN in row.role_set:
        note_fewer_admins(db, desk)
    row.state = StaffState.REMOVED
    void_invitations(db, row.contact_id)
    give_back_requests(db, desk, row.contact_id)
    hers = db.get_one(Contact, row.contact_id)
    enqueue_notice(db, desk, hers, Reply((Say("staff.removed.told"),)), about=SubjectKind.STAFF.of(row.id))


def confirm_member(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Confirm a colleague: after a silence she may act again; of another admin it also says that she is known.
    Returns what the admin is told.
    """
    row = _member(db, operation.answers.get("member", operation.answers.get("staff")))
    if row is None or row.state == StaffState.WAITING or row.contact_id == contact.id:
        return NO_MEMBER
    if row.state == StaffState.ACTIVE and contact.id in (row.invited_by, row.vouched_by):
        return NO_MEMBER
    woke = row.state == StaffState.ASLEEP
    if woke:
        wake(db, desk, row)
    if contact.id != row.invited_by:
        row.vouched_by = contact.id
    return OperationResult((Say("staff.awake" if woke else "staff.vouched", {"name": member_in_words(desk, row)}),))


def wake(db: Session, desk: Desk, row: Staff) -> None:
    """Give somebody who was silent her rights back, and tell her."""
    row.state, row.confirmed_at = StaffState.ACTIVE, desk.clock.now()
    hers = db.get_one(Contact, row.contact_id)
    enqueue_notice(db, desk, hers, Reply((Say("staff.awake.told"),)), about=SubjectKind.STAFF.of(row.id))


def _is_last_admin(db: Session, row: Staff) -> bool:
    """Whether the team would have no admin without her."""
    admins = [each for each in staff.staff_in(db, StaffState.ACTIVE) if Role.ADMIN in each.role_set]
    return [each.id for each in admins] == [row.id]


# -- who counts as a second person ------------------------------------------------------------------


def is_independent(db: Session, desk: Desk, approver_id: UUID, author_id: UUID) -> bool:
    """Return whether somebody may approve what an author wrote: not who was let in by the author, herself or through
    others, before another admin has confirmed her; where there is no other admin, not before `KNOWN_AFTER`. Nor who let
    the author in, before another admin has confirmed the author; where there is no other admin, she may.
    """
    everybody = {row.contact_id: row for row in staff.staff_in(db, *StaffState)}
    known, admins = _known_without(author_id, everybody)
    if not admins:  # nobody can confirm anybody: time does
        known = _known_through(known | _there_for_long(db, desk, everybody, author_id), _without(everybody, author_id))
    if approver_id not in known:
        return False
    author_known, others = _known_without(approver_id, everybody)
    if author_id in author_known:
        return True
    old = _there_for_long(db, desk, everybody, approver_id) - {author_id}
    return not others and not any(_is_active_admin(everybody[id]) for id in old)


def _known_without(somebody: UUID, everybody: Mapping[UUID, Staff]) -> tuple[set[UUID], bool]:
    """Return who is known through others than somebody, and whether an admin is among them."""
    others = _without(everybody, somebody)
    known = _known_through({id for id, row in others.items() if row.invited_by is None}, others)
    return known, any(_is_active_admin(others[id]) for id in known)


def _without(everybody: Mapping[UUID, Staff], somebody: UUID) -> dict[UUID, Staff]:
    return {id: row for id, row in everybody.items() if id != somebody}


def _is_active_admin(row: Staff) -> bool:
    return row.state == StaffState.ACTIVE and Role.ADMIN in row.role_set


def _there_for_long(db: Session, desk: Desk, everybody: Mapping[UUID, Staff], but: UUID) -> set[UUID]:
    """Return who was let in `KNOWN_AFTER` ago, but one; nobody when there is an admin less since then."""
    fewer, before = get_value(db, FEWER_ADMINS), desk.clock.now() - KNOWN_AFTER
    if fewer is not None and datetime.fromisoformat(fewer) > before:
        return set()
    return {id for id, row in everybody.items() if id != but and row.since <= before}


def _known_through(known: set[UUID], others: Mapping[UUID, Staff]) -> set[UUID]:
    """Return those known, and all who were let in or confirmed by one of them."""
    while True:
        fresh = {id for id, row in others.items() if not known.isdisjoint({row.invited_by, row.vouched_by})} - known
        if not fresh:
            return known
        known = known | fresh


# -- the team in words ------------------------------------------------------------------------------


@dataclass(frozen=True)
class TeamSource:
    """The people of the team, as a source of options, by their number."""

    db: Session
    desk: Desk
    contact: Contact
    agents: bool = False

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        said = fold(words)
        rows = staff.staff_in(self.db, *((StaffState.ACTIVE,) if self.agents else IN_THE_TEAM))
        if self.agents:
            rows = [row for row in rows if may(row.role_set, Role.AGENT) and row.contact_id != self.contact.id]
        found = [row for row in rows if not said or said in " ".join(map(fold, self.label(str(row.id)).names.values()))]
        ids = [str(row.id) for row in found]
        return ids[SHOWN_MEMBERS * page : SHOWN_MEMBERS * (page + 1)], len(ids) > SHOWN_MEMBERS * (page + 1)

    def named(self, words: str) -> list[str]:
        """Return the numbers of those who are called so."""
        said = fold(words)
        rows = staff.staff_in(self.db, *IN_THE_TEAM)
        return [str(row.id) for row in rows if said in map(fold, member_in_words(self.desk, row).names.values())]

    def label(self, id: str) -> Named:
        row = _member(self.db, id)
        if row is None:
            raise KeyError(id)
        says = Say("staff.line", {"name": member_in_words(self.desk, row), "roles": roles_in_words(self.desk, row)})
        if row.contact_id == self.contact.id:
            says = Say("staff.line.me", says.placeholders)
        return Named({each: self.desk.speech.say(says, each) for each in ("ar", "fr")})

    def known(self, id: str) -> bool:
        return _member(self.db, id) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        return True

    def offers(self, id: str) -> bool:
        return self.known(id)


def member_view(db: Session, desk: Desk, contact: Contact, id: str) -> MemberView | None:
    """Return a colleague as the mind sees her; None when there is none of that number."""
    row = _member(db, id)
    if row is None:
        return None
    hers = db.get_one(Contact, row.contact_id)
    return MemberView(
        name=member_in_words(desk, row),
        roles=roles_in_words(desk, row),
        state=row.state,
        since=desk.clock.wall(row.since).date(),
        seen=None if hers.heard_at is None else desk.clock.wall(hers.heard_at).date(),
        channel=desk.channel_name(hers.channel or ""),
        me=row.contact_id == contact.id,
        known=row.invited_by is None or contact.id in (row.invited_by, row.vouched_by),
        province=None if row.province is None else desk.sources[PROVINCES].label(row.province),
        nights=row.nights,
    )


def journal_lines(db: Session, desk: Desk) -> tuple[Say, ...]:
    """Return the last acts of the chamber's people, a line each, the latest first."""
    names = {row.id: _name(desk, row) for row in staff.staff_in(db, *StaffState)}
    server = Named({each: desk.speech.say(Say("journal.server"), each) for each in ("ar", "fr")})
    return tuple(
        entry_in_words(
            desk, entry, server if entry.actor == memory.NOBODY else names.get(entry.actor, _left(entry)), names
        )
        for entry in memory.last_entries(db, SHOWN_ENTRIES)
    )


def _left(entry: memory.JournalEntry) -> Named:
    return Named.same(f"({entry.actor})")


def _name(desk: Desk, row: Staff) -> Named:
    try:
        return member_in_words(desk, row)
    except UNREADABLE:
        return Named.same(str(row.id))
