"""The people of the chamber: who they are to the desk, and the invitations they came by."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.contact import Contact
from models.rows import Row, Utc
from models.sealed import Sealer


class StaffState(StrEnum):
    """Whether a colleague is one yet."""

    WAITING = "waiting"  # joined, not yet confirmed by who invited
    ACTIVE = "active"
    REFUSED = "refused"


class Staff(Row):
    """A contact of the chamber. `waiting`: joined, and not yet confirmed by who invited."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), unique=True)
    role: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(8))
    invited_by: Mapped[uuid.UUID | None]
    since: Mapped[datetime] = mapped_column(Utc)


class Invitation(Row):
    """A code that one person may use once. Only its keyed hash is kept."""

    __tablename__ = "invitation"

    code: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    role: Mapped[str] = mapped_column(sa.String(12))
    invited_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)


def blind_code(sealer: Sealer, code: str) -> bytes:
    """Return the keyed hash an invitation is looked up by."""
    return sealer.blind("invitation", code)


def role_of(db: Session, contact_id: uuid.UUID) -> str | None:
    """Return the role of a contact at the desk; None when it has none today."""
    return db.scalar(sa.select(Staff.role).where(Staff.contact_id == contact_id, Staff.state == StaffState.ACTIVE))


def anybody_is(db: Session, role: str) -> bool:
    """Return whether somebody has a role already, and is active."""
    found = sa.select(Staff.id).where(Staff.role == role, Staff.state == StaffState.ACTIVE).limit(1)
    return db.scalar(found) is not None


def staff_with(db: Session, *roles: str) -> list[Contact]:
    """Return the chats of those who have one of some roles today."""
    return list(
        db.scalars(
            sa.select(Contact)
            .join(Staff, Staff.contact_id == Contact.id)
            .where(Staff.role.in_(roles), Staff.state == StaffState.ACTIVE)
            .order_by(Staff.id)
        )
    )
