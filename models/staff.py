"""The people of the chamber: who they are to the desk, and the invitations they came by."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.contact import Contact
from models.rows import Row, Utc, sealed_column
from models.sealed import Sealer


class StaffState(StrEnum):
    """Whether a colleague is one today."""

    WAITING = "waiting"  # joined, not yet confirmed by who invited
    ACTIVE = "active"
    REFUSED = "refused"
    ASLEEP = "asleep"  # silent for long, or her number changed hands: an admin confirms her before any deed
    REMOVED = "removed"


class Staff(Row):
    """A contact of the chamber. `roles`: hers, by spaces. `name`: what her colleagues call her, sealed. `invited_by`:
    the contact who let her in, nobody when she came by the first invitation or by one of the server; `vouched_by`:
    another admin who knows her; `confirmed_at`: when an admin last said, after a silence, that she is still the same.
    `province`: whose requests are rung to her first; `nights`: she wants to be rung at night too.
    """

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    roles: Mapped[str] = mapped_column(sa.String(60))
    state: Mapped[str] = mapped_column(sa.String(8))
    invited_by: Mapped[uuid.UUID | None]
    vouched_by: Mapped[uuid.UUID | None]
    since: Mapped[datetime] = mapped_column(Utc)
    confirmed_at: Mapped[datetime | None] = mapped_column(Utc)
    name: Mapped[bytes | None] = sealed_column("id")
    province: Mapped[str | None] = mapped_column(sa.String(16))
    nights: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    @property
    def role_set(self) -> frozenset[str]:
        """Return her roles."""
        return frozenset(self.roles.split())


class Invitation(Row):
    """A code that one person may use once. Only its keyed hash is kept. `from_server`: made by who runs the server,
    who then answers for the person.
    """

    __tablename__ = "invitation"

    code: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    roles: Mapped[str] = mapped_column(sa.String(60))
    invited_by: Mapped[uuid.UUID | None]
    from_server: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


def blind_code(sealer: Sealer, code: str) -> bytes:
    """Return the keyed hash an invitation is looked up by."""
    return sealer.blind("invitation", code)


def seal_member_name(sealer: Sealer, row: Staff, name: str) -> None:
    """Keep a colleague's name, sealed for her own row."""
    row.name = sealer.seal("staff", "name", str(row.id), name.encode())


def member_name(sealer: Sealer, row: Staff) -> str | None:
    """Return a colleague's name in the clear; None when she has none. Raises SealBroken."""
    return None if row.name is None else sealer.unseal("staff", "name", str(row.id), row.name).decode()


def roles_of(db: Session, contact_id: uuid.UUID) -> frozenset[str]:
    """Return the roles of a contact at the desk today."""
    found = sa.select(Staff.roles).where(Staff.contact_id == contact_id, Staff.state == StaffState.ACTIVE)
    return frozenset((db.scalar(found) or "").split())


def staff_of(db: Session, contact_id: uuid.UUID) -> Staff | None:
    """Return the row of a contact among the chamber's people, in whatever state; None when there is none."""
    return db.scalars(sa.select(Staff).where(Staff.contact_id == contact_id)).one_or_none()


def staff_by_number(db: Session, id: int) -> Staff | None:
    """Return a colleague by her number, locked until this transaction ends; None when there is none."""
    return db.scalars(sa.select(Staff).where(Staff.id == id).with_for_update()).one_or_none()


def staff_in(db: Session, *states: str) -> Sequence[Staff]:
    """Return the chamber's people in some states, in the order they joined."""
    return db.scalars(sa.select(Staff).where(Staff.state.in_(states)).order_by(Staff.since, Staff.id)).all()


def anybody_is(db: Session, role: str) -> bool:
    """Return whether somebody has a role already, and is active."""
    return any(role in row.role_set for row in staff_in(db, StaffState.ACTIVE))


def held_by_anybody(db: Session, role: str) -> bool:
    """Return whether somebody has a role, even one who was silent for long and is to be confirmed."""
    return any(role in row.role_set for row in staff_in(db, StaffState.ACTIVE, StaffState.ASLEEP))


def staff_with(db: Session, *roles: str) -> list[Contact]:
    """Return the chats of those who have one of some roles today; an admin is not counted for the others."""
    rows = db.execute(
        sa.select(Contact, Staff.roles)
        .join(Staff, Staff.contact_id == Contact.id)
        .where(Staff.state == StaffState.ACTIVE)
        .order_by(Staff.id)
    )
    return [contact for contact, held in rows if not {*roles}.isdisjoint(held.split())]


def active_or_admins(db: Session, contact_id: uuid.UUID) -> list[Contact]:
    """Return the chat of one of the chamber's people; once she is none, those of the admins."""
    found = sa.select(Contact).join(Staff, Staff.contact_id == Contact.id)
    hers = db.scalars(found.where(Contact.id == contact_id, Staff.state == StaffState.ACTIVE)).all()
    return list(hers) or staff_with(db, "admin")
