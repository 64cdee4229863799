"""The chamber's people join by an invitation, used once, confirmed by who made it."""

import secrets
import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import ADMIN, ROLES
from conversations.values import Deed, Done, Lines, Named, Reply, Say
from models import staff
from models.contact import Contact
from models.staff import ACTIVE, REFUSED, WAITING, Invitation, Staff, blind_code
from services.context import Desk
from services.outbox.messages import notify

LIVES = timedelta(hours=48)
PREFIX = "j-"
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when read aloud
LENGTH = 14
MOST_ID = 2**31 - 2
NOT_VALID = Done((Say("staff.join.invalid"),), refused=True)


def mint(db: Session, desk: Desk, role: str, by: Contact | None = None, code: str | None = None) -> str:
    """A fresh invitation for a role; the code to hand over. `code`: one that was chosen."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    code = PREFIX + (code or drawn).removeprefix(PREFIX)
    now = desk.clock.now()
    values = {"role": role, "invited_by": by.id if by else None, "created_at": now, "expires_at": now + LIVES}
    db.merge(Invitation(code=blind_code(desk.sealer, code), used_at=None, **values))
    return code


def first_invitation(db: Session, desk: Desk, chosen: str) -> str | None:
    """As long as nobody is admin: the invitation for the first one; earlier ones of ours are void."""
    db.execute(sa.delete(Invitation).where(Invitation.invited_by.is_(None), Invitation.used_at.is_(None)))
    if staff.any_admin(db):
        return None
    return mint(db, desk, ADMIN, code=chosen or None)


def spelled(code: str) -> tuple[str, ...]:
    """A code as it may have been typed: with a capital, or without its head."""
    return tuple(dict.fromkeys((code, code.lower(), PREFIX + code, PREFIX + code.removeprefix("J-"))))


def invited(db: Session, desk: Desk, code: str) -> bool:
    """Whether a word is an invitation that waits to be used."""
    codes = [blind_code(desk.sealer, each) for each in spelled(code)]
    found = sa.select(Invitation.role).where(Invitation.code.in_(codes), Invitation.used_at.is_(None))
    return db.scalar(found.limit(1)) is not None


def invite(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """An invitation to hand to a colleague: the code, and a link a channel."""
    role = str(deed.answers["role"])
    if role not in ROLES:
        return NOT_VALID
    code = mint(db, desk, role, contact)
    links = desk.policy.links
    says = [Say(f"staff.invite.made.{role}"), Say("staff.invite.code", {"code": Named.same(code)})]
    if "telegram" in links:
        url = f"{links['telegram']}?start={code}"
        says.append(Say("staff.invite.telegram", {"link": Named.same(url)}))
    if "whatsapp" in links:
        url = f"{links['whatsapp']}?text={code}"
        says.append(Say("staff.invite.whatsapp", {"link": Named.same(url)}))
    return Done((Lines(tuple(says)), Say("staff.invite.care")))


def join(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Somebody hands in a code. Wrong, used, expired or void: the same words for all."""
    codes = [blind_code(desk.sealer, each) for each in spelled(str(deed.answers["code"]))]
    found = sa.select(Invitation).where(Invitation.code.in_(codes)).with_for_update()
    invitation = db.scalars(found).first()
    now = desk.clock.now()
    if invitation is None or invitation.used_at is not None or invitation.expires_at <= now:
        return NOT_VALID
    if invitation.invited_by is None and staff.any_admin(db):
        return NOT_VALID
    if contact.erase_at is not None:
        return NOT_VALID
    row = db.scalars(sa.select(Staff).where(Staff.contact_id == contact.id)).one_or_none()
    if row is not None and row.state in (ACTIVE, WAITING):
        return Done((Say("staff.join.already" if row.state == ACTIVE else "staff.join.waits"),), refused=True)
    if row is not None:  # refused once: another try has another number, so that no old button admits it
        db.delete(row)
        db.flush()
    invitation.used_at = now
    row = Staff(
        id=secrets.randbelow(MOST_ID) + 1,
        contact_id=contact.id,
        role=invitation.role,
        since=now,
        state=ACTIVE if invitation.invited_by is None else WAITING,
        invited_by=invitation.invited_by,
    )
    db.add(row)
    db.flush()
    if row.state == ACTIVE:
        return Done((Say("staff.join.welcome"),))
    inviter = db.get_one(Contact, row.invited_by)
    check = Named.same(f"{secrets.randbelow(90) + 10}")  # told to both, so that they know each other by it
    asks = Reply(
        (Say("staff.admit.ask", {"role": Say(f"invite.role.option.{row.role}"), "check": check}),),
        (actions.offer("admit", "yes", row.id), actions.offer("admit", "no", row.id)),
        numbered=False,
    )
    notify(db, desk, inviter, asks, about=f"staff:{row.id}")
    return Done((Say("staff.join.wait", {"check": check}),))


def admit_yes(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The inviter says it is the right person."""
    return _admit(db, desk, contact, deed, ACTIVE, "staff.join.welcome")


def admit_no(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The inviter says it is not."""
    return _admit(db, desk, contact, deed, REFUSED, "staff.join.invalid")


def _admit(db: Session, desk: Desk, contact: Contact, deed: Deed, state: str, said: str) -> Done:
    found = sa.select(Staff).where(Staff.id == deed.answers["staff"]).with_for_update()
    row = db.scalars(found).one_or_none()
    if row is None or row.state != WAITING or row.invited_by != contact.id:
        return Done((Say("desk.done_already"),), refused=True)
    row.state, row.since = state, desk.clock.now()
    notify(db, desk, db.get_one(Contact, row.contact_id), Reply((Say(said),)), about=f"staff:{row.id}")
    return Done((Say("staff.admit.yes" if state == ACTIVE else "staff.admit.no"),))


def demonstrate(db: Session, desk: Desk, contact_id: uuid.UUID) -> None:
    """In the demonstration the second phone is the chamber's from its first message."""
    db.add(Staff(contact_id=contact_id, role=ADMIN, state=ACTIVE, since=desk.clock.now()))
