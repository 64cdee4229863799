"""Messages as they came in: stored before they are acknowledged, each id once."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, sealed_column
from models.sealed import Sealer


class InboundState(StrEnum):
    """Where an incoming message stands."""

    STORED = "stored"  # waits for its turn
    DONE = "done"  # had its effect; its body is dropped
    DEAD = "dead"  # its turn failed too often; kept for whoever looks into it
    BEFORE = "before"  # the desk this one is a copy of had it, and answered it; kept, with no turn


# Spelled out in the statement, not bound: SQLite uses a partial index only when it sees its terms.
STORED_LITERAL: sa.ColumnElement[str] = sa.literal_column(f"'{InboundState.STORED}'")


class Inbound(Row):
    """One message of a channel. The raw body is sealed, and dropped once it has had its effect."""

    __tablename__ = "inbound"
    __table_args__ = (
        sa.UniqueConstraint("channel", "external"),
        sa.Index(
            "ix_inbound_waiting",
            "contact_id",
            "id",
            sqlite_where=sa.text("state = 'stored'"),
            postgresql_where=sa.text("state = 'stored'"),
        ),
    )

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    channel: Mapped[str] = mapped_column(sa.String(16))
    external: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    address: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    received_at: Mapped[datetime] = mapped_column(Utc)
    body: Mapped[bytes | None] = sealed_column("channel", "external")
    state: Mapped[str] = mapped_column(sa.String(8), default=InboundState.STORED)
    tries: Mapped[int] = mapped_column(default=0)


def blind_external(sealer: Sealer, channel: str, external_id: str) -> bytes:
    """Return a channel's own id of a message as a keyed hash, kept to know repeats by."""
    return sealer.blind(f"inbound.{channel}", external_id)


def seal_inbound(sealer: Sealer, channel: str, external: bytes, body: bytes) -> bytes:
    """Return a raw body sealed for its own row."""
    return sealer.seal("inbound", "body", f"{channel}.{external.hex()}", body)


def unseal_inbound(sealer: Sealer, row: Inbound) -> bytes:
    """Return the raw body; only a message still waiting has one. Raises SealBroken."""
    assert row.body is not None
    return sealer.unseal("inbound", "body", f"{row.channel}.{row.external.hex()}", row.body)


_TABLE = Row.metadata.tables[Inbound.__tablename__]
_INSERT = sa.insert(_TABLE)
_DONE = (
    sa.update(_TABLE)
    .where(_TABLE.c.id == sa.bindparam("row", type_=_TABLE.c.id.type))
    .values(state=InboundState.DONE, body=sa.null())
)


def insert_inbound(db: Session, **values: Any) -> None:
    """Insert one message."""
    db.connection().execute(_INSERT, {"state": InboundState.STORED, "tries": 0, **values})


def mark_done(db: Session, row: Inbound) -> None:
    """Mark that a message has had its effect, and drop its body."""
    db.connection().execute(_DONE, {"row": row.id})


def is_known(db: Session, channel: str, external: bytes) -> bool:
    """Return whether this message was stored before."""
    found = db.scalar(sa.select(Inbound.id).where(Inbound.channel == channel, Inbound.external == external))
    return found is not None


def next_waiting(db: Session, contact_id: uuid.UUID) -> Inbound | None:
    """Return the contact's oldest message that has had no effect yet; None when there is none."""
    return db.scalars(
        sa.select(Inbound)
        .where(Inbound.contact_id == contact_id, Inbound.state == STORED_LITERAL)
        .order_by(Inbound.id)
        .limit(1)
    ).one_or_none()


def waiting_contacts(db: Session, before: datetime) -> list[uuid.UUID]:
    """Return contacts with a message stored before a moment and still waiting."""
    return list(
        db.scalars(
            sa.select(Inbound.contact_id)
            .where(Inbound.state == STORED_LITERAL, Inbound.received_at <= before)
            .distinct()
        )
    )
