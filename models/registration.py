"""Pre-registrations: what a person gave, sealed, under a reference that may be read aloud."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer


class FileState(StrEnum):
    """Where a file stands."""

    RECEIVED = "received"


class FileFlag(StrEnum):
    """What the desk noticed of a file, for the chamber alone."""

    SAME_CIN = "same_cin"  # another file has the same card
    SAME_NAME_AND_PHONE = "same_name_phone"
    MIXED_SCRIPTS = "mixed_scripts"  # a name with letters of two alphabets


class CardGiven(StrEnum):
    """Where the number of a file's identity card is or will be given."""

    AT_THE_COUNTER = "counter"
    ON_THE_PAGE = "page"  # the desk's own page


class Registration(Row):
    """One person's file.

    `person`: every answer, sealed. `cin`: the number of the identity card, sealed, once it was given;
    `cin_by`: where it is or will be given. `twins` and `cin_blind`: keyed hashes of name and phone, and of
    the card, by which the same person is found twice; `flags`: what was found, for the chamber's people only;
    `to_compare`: it was not looked for yet since the file changed.
    `seen_at`: when the file was last shown to who proved to be its person; `tries`: wrong proofs since,
    the last at `tried_at`.
    `erase_at`: when it is erased, once that was asked.
    """

    __tablename__ = "registration"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(server_default="1")
    reference: Mapped[str] = mapped_column(sa.String(12), unique=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(12), default=FileState.RECEIVED)
    person: Mapped[bytes] = sealed_column("id")
    trade: Mapped[str] = mapped_column(sa.String(64))
    commune: Mapped[str] = mapped_column(sa.String(16), index=True)
    province: Mapped[str] = mapped_column(sa.String(16), index=True)
    language: Mapped[str] = mapped_column(sa.String(2))
    channel: Mapped[str] = mapped_column(sa.String(16))
    consent_version: Mapped[str] = mapped_column(sa.String(16))
    consent_at: Mapped[datetime] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc, index=True)
    changed_at: Mapped[datetime | None] = mapped_column(Utc)
    twins: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    cin: Mapped[bytes | None] = sealed_column("id")
    cin_blind: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    cin_by: Mapped[str | None] = mapped_column(sa.String(8))
    flags: Mapped[list[str] | None] = mapped_column(sa.JSON)
    to_compare: Mapped[bool] = mapped_column(default=True, server_default=sa.true(), index=True)
    seen_at: Mapped[datetime | None] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    tried_at: Mapped[datetime | None] = mapped_column(Utc)
    erase_at: Mapped[datetime | None] = mapped_column(Utc, index=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)


def seal_person(sealer: Sealer, id: uuid.UUID, person: bytes) -> bytes:
    """Return a person's details sealed for their own row."""
    return sealer.seal("registration", "person", id.hex, person)


def unseal_person(sealer: Sealer, row: Registration) -> bytes:
    """Return a person's details in the clear. Raises SealBroken."""
    return sealer.unseal("registration", "person", row.id.hex, row.person)


def seal_cin(sealer: Sealer, id: uuid.UUID, cin: str) -> bytes:
    """Return a card's number sealed for its own row."""
    return sealer.seal("registration", "cin", id.hex, cin.encode())


def unseal_cin(sealer: Sealer, row: Registration) -> str | None:
    """Return the card's number in the clear; None when it was not given. Raises SealBroken."""
    if row.cin is None:
        return None
    return sealer.unseal("registration", "cin", row.id.hex, row.cin).decode()


def blind_cin(sealer: Sealer, cin: str) -> bytes:
    """Return the keyed hash the same card is found by."""
    return sealer.blind("registration.cin", cin)


def blind_twins(sealer: Sealer, name: str, phone: str) -> bytes:
    """Return the keyed hash the same name with the same phone is found by; `name` in its one spelling."""
    return sealer.blind("registration.twins", f"{name}|{phone}")


def reference_taken(db: Session, reference: str) -> bool:
    """Return whether a reference is somebody's already."""
    found = sa.select(Registration.id).where(Registration.reference == reference)
    return db.scalar(found) is not None


def files_of(db: Session, contact_id: uuid.UUID) -> Sequence[Registration]:
    """Return the files of a contact, the first one first."""
    found = sa.select(Registration).where(Registration.contact_id == contact_id)
    return db.scalars(found.order_by(Registration.id)).all()


def file_of(db: Session, contact_id: uuid.UUID, id: str) -> Registration | None:
    """Return a file by its id, if it is this contact's; else None."""
    try:
        number = uuid.UUID(id)
    except ValueError:
        return None
    row = db.get(Registration, number)
    return row if row is not None and row.contact_id == contact_id else None


def others_with(db: Session, row: Registration, **column: bytes) -> Sequence[Registration]:
    """Return other files that share a keyed hash."""
    ((name, value),) = column.items()
    same = getattr(Registration, name) == value
    return db.scalars(sa.select(Registration).where(same, Registration.id != row.id)).all()
