"""A contact is one chat; an address is where it is reached. A person may have several."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer


class Contact(Row):
    """One chat: what the desk remembers of it, sealed, and what the desk must find it by.

    `channel` and `address` (blind): where it was last heard from, and is written to. `window_until`:
    on a channel that has one, the end of the time in which free words may be sent. `muted`: kinds of
    message it does not want. `draft_at`: when an unfinished pre-registration was last touched, `nudges`:
    how often it was reminded of it. `erase_at`: when all of it is erased, once that was asked.
    `erased_at`: it was, and the row stays without anything about anybody, because broadcasts are
    counted to the last person. `hushed_until`: till when it may not ask for a person.
    `guesses`: how many codes of no invitation it tried since `guessed_at`.
    """

    __tablename__ = "contact"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column()
    chat: Mapped[bytes | None] = sealed_column("id")
    language: Mapped[str | None] = mapped_column(sa.String(2))
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Utc)
    heard_at: Mapped[datetime | None] = mapped_column(Utc)
    stopped_at: Mapped[datetime | None] = mapped_column(Utc)
    unreachable_at: Mapped[datetime | None] = mapped_column(Utc)
    channel: Mapped[str | None] = mapped_column(sa.String(16))
    address: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    window_until: Mapped[datetime | None] = mapped_column(Utc)
    muted: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    draft_at: Mapped[datetime | None] = mapped_column(Utc, index=True)
    nudges: Mapped[int] = mapped_column(default=0, server_default="0")
    erase_at: Mapped[datetime | None] = mapped_column(Utc, index=True)
    erased_at: Mapped[datetime | None] = mapped_column(Utc)
    hushed_until: Mapped[datetime | None] = mapped_column(Utc)
    guesses: Mapped[int] = mapped_column(default=0, server_default="0")
    guessed_at: Mapped[datetime | None] = mapped_column(Utc)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)


class Address(Row):
    """Where a contact is reached on a channel: found by blind index, sealed."""

    __tablename__ = "address"

    channel: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    blind: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    value: Mapped[bytes] = sealed_column("channel", "blind")


def blind_address(sealer: Sealer, channel: str, address: str) -> bytes:
    """Return the keyed hash an address is looked up by."""
    return sealer.blind(f"address.{channel}", address)


def seal_address(sealer: Sealer, channel: str, blind: bytes, address: str) -> bytes:
    """Return an address sealed for its own row."""
    return sealer.seal("address", "value", f"{channel}.{blind.hex()}", address.encode())


def unseal_address(sealer: Sealer, row: Address) -> str:
    """Return the address in the clear, to send to. Raises SealBroken."""
    return sealer.unseal("address", "value", f"{row.channel}.{row.blind.hex()}", row.value).decode()


def contact_at(db: Session, channel: str, blind: bytes) -> uuid.UUID | None:
    """Return the contact reached at an address; None when there is none."""
    return db.scalar(sa.select(Address.contact_id).where(Address.channel == channel, Address.blind == blind))


def addresses_of(db: Session, contact_id: uuid.UUID, channel: str) -> list[Address]:
    """Return every address of a contact on a channel."""
    found = sa.select(Address).where(Address.contact_id == contact_id, Address.channel == channel)
    return list(db.scalars(found))


def muted_kinds(contact: Contact) -> frozenset[str]:
    """Return the kinds of message a contact does not want."""
    return frozenset(contact.muted.split())


def lock_contact(db: Session, id: uuid.UUID) -> Contact:
    """Return a contact, locked until this transaction ends."""
    return db.scalars(sa.select(Contact).where(Contact.id == id).with_for_update()).one()
