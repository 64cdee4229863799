"""The chamber's people join by an invitation, used once, confirmed by who made it; of each the others hear."""

import re
import secrets
import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.desk.actions import INVITATION_PREFIX
from conversations.roles import Role
from conversations.values import Lines, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import staff
from models.contact import Contact
from models.staff import Invitation, Staff, StaffState, blind_code
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.people.journal import record_act
from services.people.staff import roles_in_words, warn_admins

INVITATION_TTL = timedelta(hours=48)
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when read aloud
CODE_LENGTH = 14
# A code, with or without its head. Any other word may be one only while nobody is admin: one that was chosen.
SHAPED = re.compile(rf"(?:j-.+|[{CODE_LETTERS}]{{{CODE_LENGTH}}})\Z", re.IGNORECASE)
MOST_ID = 2**31 - 2
MOST_GUESSES, GUESSES_PER = 10, timedelta(hours=1)  # codes of no invitation that one contact may try
INVALID_CODE = OperationResult((Say("staff.join.invalid"),), refused=True)


def create_invitation(
    db: Session, desk: Desk, roles: str, by: Contact | None = None, code: str | None = None, from_server: bool = False
) -> str:
    """Create an invitation for some roles; of it only a keyed hash is kept. Returns the code to hand over. `code`: one
    that was chosen.
    """
    drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    code = INVITATION_PREFIX + (code or drawn).removeprefix(INVITATION_PREFIX)
    now = desk.clock.now()
    db.merge(
        Invitation(
            code=blind_code(desk.sealer, code),
            roles=roles,
            invited_by=by.id if by else None,
            from_server=from_server,
            created_at=now,
            expires_at=now + INVITATION_TTL,
            used_at=None,
        )
    )
    return code


def first_invitation(db: Session, desk: Desk, chosen: str) -> str | None:
    """Return the invitation for the first admin, earlier ones of ours void; None once somebody is admin."""
    ours = (Invitation.invited_by.is_(None), Invitation.used_at.is_(None), Invitation.from_server.is_(False))
    db.execute(sa.delete(Invitation).where(*ours))
    if staff.held_by_anybody(db, Role.ADMIN):
        return None
    return create_invitation(db, desk, Role.ADMIN, code=chosen or None)


def code_spellings(code: str) -> tuple[str, ...]:
    """Return a code as it may have been typed: with a capital, or without its head."""
    return tuple(
        dict.fromkeys((code, code.lower(), INVITATION_PREFIX + code, INVITATION_PREFIX + code.removeprefix("J-")))
    )


def is_invitation(db: Session, desk: Desk, contact: Contact, code: str) -> bool:
    """Return whether a word is an invitation that waits to be used. One that is none is counted as a guess of this
    contact, and after `MOST_GUESSES` within `GUESSES_PER` nothing is looked up for her.
    """
    if _guesses_too_much(desk, contact) or not (SHAPED.match(code) or not staff.held_by_anybody(db, Role.ADMIN)):
        return False
    codes = [blind_code(desk.sealer, each) for each in code_spellings(code)]
    found = sa.select(Invitation.roles).where(Invitation.code.in_(codes), Invitation.used_at.is_(None))
    if db.scalar(found.limit(1)) is not None:
        return True
    _count_guess(db, desk, contact)
    return False


def _guesses_too_much(desk: Desk, contact: Contact) -> bool:
    recent = contact.guessed_at is not None and desk.clock.now() - contact.guessed_at < GUESSES_PER
    return recent and contact.guesses >= MOST_GUESSES


def _count_guess(db: Session, desk: Desk, contact: Contact) -> None:
    now = desk.clock.now()
    if contact.guessed_at is None or now - contact.guessed_at >= GUESSES_PER:
        contact.guesses, contact.guessed_at = 0, now
    contact.guesses += 1
    if contact.guesses == MOST_GUESSES:
        warn_admins(db, desk, "guesses")


def invite(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Create an invitation to hand to a colleague. Returns the code, and a link a channel."""
    role = str(operation.answers["role"])
    if role not in tuple(Role):
        return INVALID_CODE
    code = create_invitation(db, desk, role, contact)
    says = [Say(f"staff.invite.made.{role}"), Say("staff.invite.code", {"code": Named.same(code)})]
    for channel in desk.channels:
        link = desk.deep_link(channel, code)
        if link is not None:
            says.append(Say(f"staff.invite.{channel}", {"link": Named.same(link)}))
    return OperationResult((Lines(tuple(says)), Say("staff.invite.care")))


def join(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take a code somebody hands in. Returns a welcome, or that the inviter must confirm; the same refusal for a
    wrong, used, expired or void one, and that it is too often once many were tried.
    """
    if _guesses_too_much(desk, contact):
        return OperationResult((Say("staff.join.slow"),), refused=True)
    codes = [blind_code(desk.sealer, each) for each in code_spellings(str(operation.answers["code"]))]
    invitation = db.scalars(sa.select(Invitation).where(Invitation.code.in_(codes)).with_for_update()).first()
    if invitation is None or not _is_valid(db, desk, invitation) or contact.erase_at is not None:
        _count_guess(db, desk, contact)
        return INVALID_CODE
    row = staff.staff_of(db, contact.id)
    if row is not None and row.state in (StaffState.ACTIVE, StaffState.WAITING):
        already = "staff.join.already" if row.state == StaffState.ACTIVE else "staff.join.waits"
        return OperationResult((Say(already),), refused=True)
    if row is not None:  # refused or removed once: she has another number, so that no old button is about her
        db.delete(row)
        db.flush()
    invitation.used_at = desk.clock.now()
    row = _joined(db, desk, contact, invitation)
    if row.state == StaffState.ACTIVE:
        record_act(db, desk, row.id, "join", SubjectKind.STAFF.of(row.id))
        tell_team_of(db, desk, row, None)
        return OperationResult((Say("staff.join.welcome"),))
    inviter = db.get_one(Contact, row.invited_by)
    check = Named.same(f"{secrets.randbelow(90) + 10}")  # told to both, so that they know each other by it
    asks = Reply(
        (Say("staff.admit.ask", {"role": roles_in_words(desk, row), "check": check}),),
        (actions.action_button("admit", "yes", row.id), actions.action_button("admit", "no", row.id)),
        numbered=False,
    )
    enqueue_notice(db, desk, inviter, asks, about=SubjectKind.STAFF.of(row.id))
    return OperationResult((Say("staff.join.wait", {"check": check}),))


def _is_valid(db: Session, desk: Desk, invitation: Invitation) -> bool:
    """Whether an invitation may be used now: new, in time, its maker still an admin."""
    if invitation.used_at is not None or invitation.expires_at <= desk.clock.now():
        return False
    if invitation.from_server:
        return True
    if invitation.invited_by is None:
        return not staff.held_by_anybody(db, Role.ADMIN)
    return Role.ADMIN in staff.roles_of(db, invitation.invited_by)


def _joined(db: Session, desk: Desk, contact: Contact, invitation: Invitation) -> Staff:
    row = Staff(
        id=secrets.randbelow(MOST_ID) + 1,
        contact_id=contact.id,
        roles=invitation.roles,
        since=desk.clock.now(),
        state=StaffState.ACTIVE if invitation.invited_by is None else StaffState.WAITING,
        invited_by=invitation.invited_by,
    )
    db.add(row)
    db.flush()
    return row


def admit_yes(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Make a colleague active, because the inviter says it is the right person; all others hear of her. Returns what
    the inviter is told, and the question of what she is called.
    """
    row = _waiting(db, contact, operation)
    if row is None:
        return OperationResult((Say("desk.done_already"),), refused=True)
    row.state, row.since = StaffState.ACTIVE, desk.clock.now()
    _tell_joiner(db, desk, row, "staff.join.welcome")
    tell_team_of(db, desk, row, contact.id)
    return OperationResult((Say("staff.admit.yes"),), opens=("member_name", {"member": str(row.id)}))


def admit_no(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Refuse a colleague, because the inviter says it is not the right person. Returns what the inviter is told."""
    row = _waiting(db, contact, operation)
    if row is None:
        return OperationResult((Say("desk.done_already"),), refused=True)
    row.state, row.since = StaffState.REFUSED, desk.clock.now()
    _tell_joiner(db, desk, row, "staff.join.invalid")
    return OperationResult((Say("staff.admit.no"),))


def _waiting(db: Session, contact: Contact, operation: Operation) -> Staff | None:
    row = staff.staff_by_number(db, int(operation.answers["staff"]))
    return row if row is not None and row.state == StaffState.WAITING and row.invited_by == contact.id else None


def _tell_joiner(db: Session, desk: Desk, row: Staff, said: str) -> None:
    joiner = db.get_one(Contact, row.contact_id)
    enqueue_notice(db, desk, joiner, Reply((Say(said),)), about=SubjectKind.STAFF.of(row.id))


def tell_team_of(db: Session, desk: Desk, row: Staff, let_in_by: uuid.UUID | None) -> None:
    """Tell everybody of the team, but who let her in, of a new colleague; other admins may say that they know her."""
    for each in staff.staff_in(db, StaffState.ACTIVE):
        if each.id == row.id or each.contact_id == let_in_by:
            continue
        knows = (actions.action_button("vouch", "yes", row.id),) if Role.ADMIN in each.role_set else ()
        told = Reply((Say("staff.joined", {"role": roles_in_words(desk, row)}),), knows, numbered=False)
        enqueue_notice(db, desk, db.get_one(Contact, each.contact_id), told, about=SubjectKind.JOINED.of(row.id))


def void_invitations(db: Session, contact_id: uuid.UUID) -> None:
    """Make the invitations of somebody void, and refuse who came by one and was not confirmed."""
    db.execute(sa.delete(Invitation).where(Invitation.invited_by == contact_id, Invitation.used_at.is_(None)))
    for row in staff.staff_in(db, StaffState.WAITING):
        if row.invited_by == contact_id:
            row.state = StaffState.REFUSED


def make_demonstration_staff(db: Session, desk: Desk, contact_id: uuid.UUID) -> None:
    """Make a contact an admin: in the demonstration the second phone is the chamber's from its first message."""
    db.add(Staff(contact_id=contact_id, roles=Role.ADMIN, state=StaffState.ACTIVE, since=desk.clock.now()))
