"""The chamber's people join by an invitation, used once, confirmed by who made it."""

import secrets
import uuid
from datetime import datetime, timedelta

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
from services.key_value import get_value, set_value
from services.outbox.messages import enqueue_notice

INVITATION_TTL = timedelta(hours=48)
WARNED_AGAIN_AFTER = timedelta(hours=1)
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when read aloud
CODE_LENGTH = 14
MOST_ID = 2**31 - 2
INVALID_CODE = OperationResult((Say("staff.join.invalid"),), refused=True)


def warn_admins(db: Session, desk: Desk, what: str) -> int:
    """Tell every admin of something that concerns the whole desk (`staff.warn.<what>`), at most once in
    `WARNED_AGAIN_AFTER` for each. Returns how many were told.
    """
    now, name = desk.clock.now(), f"warned.{what}"
    last = get_value(db, name)
    if last is not None and now - datetime.fromisoformat(last) < WARNED_AGAIN_AFTER:
        return 0
    set_value(db, name, now.isoformat())
    admins = staff.staff_with(db, Role.ADMIN)
    for admin in admins:
        enqueue_notice(db, desk, admin, Reply((Say(f"staff.warn.{what}"),)), about=SubjectKind.STAFF.of())
    return len(admins)


def create_invitation(db: Session, desk: Desk, role: str, by: Contact | None = None, code: str | None = None) -> str:
    """Create an invitation for a role; of it only a keyed hash is kept. Returns the code to hand over. `code`: one
    that was chosen.
    """
    drawn = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    code = INVITATION_PREFIX + (code or drawn).removeprefix(INVITATION_PREFIX)
    now = desk.clock.now()
    values = {"role": role, "invited_by": by.id if by else None, "created_at": now, "expires_at": now + INVITATION_TTL}
    db.merge(Invitation(code=blind_code(desk.sealer, code), used_at=None, **values))
    return code


def first_invitation(db: Session, desk: Desk, chosen: str) -> str | None:
    """Return the invitation for the first admin, earlier ones of ours void; None once somebody is admin."""
    db.execute(sa.delete(Invitation).where(Invitation.invited_by.is_(None), Invitation.used_at.is_(None)))
    if staff.anybody_is(db, Role.ADMIN):
        return None
    return create_invitation(db, desk, Role.ADMIN, code=chosen or None)


def code_spellings(code: str) -> tuple[str, ...]:
    """Return a code as it may have been typed: with a capital, or without its head."""
    return tuple(
        dict.fromkeys((code, code.lower(), INVITATION_PREFIX + code, INVITATION_PREFIX + code.removeprefix("J-")))
    )


def is_invitation(db: Session, desk: Desk, code: str) -> bool:
    """Return whether a word is an invitation that waits to be used."""
    codes = [blind_code(desk.sealer, each) for each in code_spellings(code)]
    found = sa.select(Invitation.role).where(Invitation.code.in_(codes), Invitation.used_at.is_(None))
    return db.scalar(found.limit(1)) is not None


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
    wrong, used, expired or void one.
    """
    codes = [blind_code(desk.sealer, each) for each in code_spellings(str(operation.answers["code"]))]
    found = sa.select(Invitation).where(Invitation.code.in_(codes)).with_for_update()
    invitation = db.scalars(found).first()
    now = desk.clock.now()
    if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
        return INVALID_CODE
    if invitation.invited_by is None and staff.anybody_is(db, Role.ADMIN):
        return INVALID_CODE
    if contact.erase_at is not None:
        return INVALID_CODE
    row = db.scalars(sa.select(Staff).where(Staff.contact_id == contact.id)).one_or_none()
    if row is not None and row.state in (StaffState.ACTIVE, StaffState.WAITING):
        return OperationResult(
            (Say("staff.join.already" if row.state == StaffState.ACTIVE else "staff.join.waits"),), refused=True
        )
    if row is not None:  # refused once: another try has another number, so that no old button admits it
        db.delete(row)
        db.flush()
    invitation.used_at = now
    row = Staff(
        id=secrets.randbelow(MOST_ID) + 1,
        contact_id=contact.id,
        role=invitation.role,
        since=now,
        state=StaffState.ACTIVE if invitation.invited_by is None else StaffState.WAITING,
        invited_by=invitation.invited_by,
    )
    db.add(row)
    db.flush()
    if row.state == StaffState.ACTIVE:
        return OperationResult((Say("staff.join.welcome"),))
    inviter = db.get_one(Contact, row.invited_by)
    check = Named.same(f"{secrets.randbelow(90) + 10}")  # told to both, so that they know each other by it
    asks = Reply(
        (Say("staff.admit.ask", {"role": Say(f"invite.role.option.{row.role}"), "check": check}),),
        (actions.action_button("admit", "yes", row.id), actions.action_button("admit", "no", row.id)),
        numbered=False,
    )
    enqueue_notice(db, desk, inviter, asks, about=SubjectKind.STAFF.of(row.id))
    return OperationResult((Say("staff.join.wait", {"check": check}),))


def admit_yes(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Make a colleague active, because the inviter says it is the right person. Returns what the inviter is told."""
    return _admit(db, desk, contact, operation, StaffState.ACTIVE, "staff.join.welcome")


def admit_no(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Refuse a colleague, because the inviter says it is not the right person. Returns what the inviter is told."""
    return _admit(db, desk, contact, operation, StaffState.REFUSED, "staff.join.invalid")


def _admit(db: Session, desk: Desk, contact: Contact, operation: Operation, state: str, said: str) -> OperationResult:
    found = sa.select(Staff).where(Staff.id == operation.answers["staff"]).with_for_update()
    row = db.scalars(found).one_or_none()
    if row is None or row.state != StaffState.WAITING or row.invited_by != contact.id:
        return OperationResult((Say("desk.done_already"),), refused=True)
    row.state, row.since = state, desk.clock.now()
    enqueue_notice(
        db, desk, db.get_one(Contact, row.contact_id), Reply((Say(said),)), about=SubjectKind.STAFF.of(row.id)
    )
    return OperationResult((Say("staff.admit.yes" if state == StaffState.ACTIVE else "staff.admit.no"),))


def make_demonstration_staff(db: Session, desk: Desk, contact_id: uuid.UUID) -> None:
    """Make a contact an admin: in the demonstration the second phone is the chamber's from its first message."""
    db.add(Staff(contact_id=contact_id, role=Role.ADMIN, state=StaffState.ACTIVE, since=desk.clock.now()))
