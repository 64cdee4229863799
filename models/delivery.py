"""Outbox and ledger in one table: every message that leaves, and what became of it."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.rows import Row, Utc, new_id
from models.sealed import Sealer

PENDING, SENDING, SENT, FAILED = "pending", "sending", "sent", "failed"
UNDELIVERABLE, UNKNOWN, CANCELLED = "undeliverable", "unknown", "cancelled"
OPEN = (PENDING, SENDING)
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


def ready(db: Session, channel: str, now: datetime, most: int) -> Sequence[Delivery]:
    """Pending messages that may leave: due, and with nothing of the same contact before them."""
    earlier = aliased(Delivery)
    blocked = sa.exists().where(
        earlier.contact_id == Delivery.contact_id,
        earlier.channel == channel,
        earlier.seq < Delivery.seq,
        earlier.state.in_(OPEN),
    )
    return db.scalars(
        sa.select(Delivery)
        .where(
            Delivery.channel == channel,
            Delivery.state == PENDING,
            Delivery.state.in_(OPEN),  # lets both databases use the partial index
            Delivery.due_at <= now,
            ~blocked,
        )
        .order_by(Delivery.created_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def in_doubt(db: Session, channel: str) -> Sequence[Delivery]:
    """Messages whose intent was committed and whose result never was."""
    return db.scalars(sa.select(Delivery).where(Delivery.channel == channel, Delivery.state == SENDING)).all()


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
