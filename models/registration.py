"""Pre-registrations: what a person gave, sealed, under a reference that may be read aloud."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id
from models.sealed import Sealer

RECEIVED = "received"


class Registration(Row):
    """One person's file. Name and phone are sealed; with which consent, when, on which channel."""

    __tablename__ = "registration"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default=RECEIVED)
    person: Mapped[bytes]
    trade: Mapped[str] = mapped_column(sa.String(64))
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    channel: Mapped[str] = mapped_column(sa.String(16))
    consent_version: Mapped[str] = mapped_column(sa.String(16))
    consent_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc)


def seal_person(sealer: Sealer, id: uuid.UUID, person: bytes) -> bytes:
    """A person's details sealed for their own row."""
    return sealer.seal("registration", "person", id.hex, person)


def unseal_person(sealer: Sealer, row: Registration) -> bytes:
    """A person's details in the clear."""
    return sealer.unseal("registration", "person", row.id.hex, row.person)


def taken(db: Session, reference: str) -> bool:
    """Whether a reference is somebody's already."""
    found = sa.select(Registration.id).where(Registration.reference == reference)
    return db.scalar(found) is not None
