"""Outbox and ledger in one table: every message that leaves, and what became of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.contact import Address
from models.rows import Row, Utc, new_id
from models.sealed import Sealer

PENDING, SENDING, SENT, FAILED = "pending", "sending", "sent", "failed"
UNDELIVERABLE, UNKNOWN, CANCELLED = "undeliverable", "unknown", "cancelled"
# Spelled out in the statement, not bound: SQLite uses a partial index only when it sees its terms.
OPEN: tuple[sa.ColumnElement[str], ...] = tuple(
    sa.literal_column(f"'{state}'") for state in (PENDING, SENDING)
)
REPLY, NOTICE = "reply", "notice"


class Delivery(Row):
    """One message to one contact.

    `seq` orders a contact's messages. `owner` is the lane that committed the intent to send.
    `doubts` counts the times it may have arrived and was sent again.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("contact_id", "seq"),
        sa.Index("ix_delivery_open", "channel", "contact_id", "seq",
                 sqlite_where=sa.text("state IN ('pending', 'sending')"),
                 postgresql_where=sa.text("state IN ('pending', 'sending')")),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    channel: Mapped[str] = mapped_column(sa.String(16))
    address: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(16), default=PENDING)
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
    owner: Mapped[str | None] = mapped_column(sa.String(36))
    attempts: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str | None] = mapped_column(sa.String(64))
    error: Mapped[str | None] = mapped_column(sa.String(200))


def seal_message(sealer: Sealer, id: uuid.UUID, body: bytes) -> bytes:
    """A message sealed for its own row."""
    return sealer.seal("delivery", "body", id.hex, body)


def unseal_message(sealer: Sealer, row: Delivery) -> bytes:
    """The message in the clear, to send it."""
    return sealer.unseal("delivery", "body", row.id.hex, row.body)


_earlier = aliased(Delivery)
_READY = (
    sa.select(Delivery, Address)
    .join(Address, sa.and_(Address.channel == Delivery.channel, Address.blind == Delivery.address))
    .where(
        Delivery.channel == sa.bindparam("channel"),
        Delivery.state == sa.literal_column(f"'{PENDING}'"),
        Delivery.state.in_(OPEN),
        Delivery.due_at <= sa.bindparam("now", type_=Utc),
        ~sa.exists().where(
            _earlier.contact_id == Delivery.contact_id,
            _earlier.channel == sa.bindparam("channel"),
            _earlier.seq < Delivery.seq,
            _earlier.state.in_(OPEN),
        ),
    )
    .order_by(Delivery.created_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(of=Delivery, skip_locked=True)
)


def ready(db: Session, channel: str, now: datetime, most: int) -> list[tuple[Delivery, Address]]:
    """Pending messages that may leave, with where they go.

    Due, and with nothing of the same contact on the same channel before them.
    """
    rows = db.execute(_READY, {"channel": channel, "now": now, "most": most})
    return [(row, address) for row, address in rows]


_TABLE = Row.metadata.tables[Delivery.__tablename__]
_INSERT = sa.insert(_TABLE)
_SENT = (
    sa.update(_TABLE)
    .where(
        _TABLE.c.id == sa.bindparam("delivery", type_=_TABLE.c.id.type),
        _TABLE.c.state == sa.literal_column(f"'{SENDING}'"),
        _TABLE.c.owner == sa.bindparam("lane"),
    )
    .values(state=SENT, sent_at=sa.bindparam("at", type_=Utc), provider_id=sa.bindparam("provider"))
)


def add(db: Session, **values: Any) -> None:
    """Put one message down, pending."""
    fresh = {"state": PENDING, "attempts": 0, "doubts": 0}
    db.connection().execute(_INSERT, {**fresh, **values})


def mark_sent(db: Session, id: uuid.UUID, owner: str, at: datetime, provider_id: str | None) -> int:
    """Record a send that ended well, unless somebody else owns it now; how many rows changed."""
    given = {"delivery": id, "lane": owner, "at": at, "provider": provider_id}
    return db.connection().execute(_SENT, given).rowcount


def in_doubt(db: Session, channel: str) -> Sequence[Delivery]:
    """Messages whose intent was committed and whose result never was."""
    return db.scalars(
        sa.select(Delivery).where(
            Delivery.channel == channel, Delivery.state.in_(OPEN), Delivery.state == SENDING
        )
    ).all()


def shown_since(db: Session, contact_id: uuid.UUID, seq: int) -> Sequence[Delivery]:
    """A contact's messages after a number, in order, but for those cancelled."""
    return db.scalars(
        sa.select(Delivery)
        .where(Delivery.contact_id == contact_id, Delivery.seq > seq, Delivery.state != CANCELLED)
        .order_by(Delivery.seq)
    ).all()


def counts(db: Session) -> dict[tuple[str, str, str], int]:
    """How many messages by channel, kind and state."""
    rows = db.execute(
        sa.select(Delivery.channel, Delivery.kind, Delivery.state, sa.func.count()).group_by(
            Delivery.channel, Delivery.kind, Delivery.state
        )
    )
    return {(channel, kind, state): count for channel, kind, state, count in rows}
