"""Outbox and ledger in one table: every message that leaves, and what became of it."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.contact import Address
from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer


class DeliveryState(StrEnum):
    """Where a delivery stands; those from `sent` on only climb."""

    PENDING = "pending"  # waits for its lane
    SENDING = "sending"  # the intent to send is committed
    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # it may be tried once more
    UNDELIVERABLE = "undeliverable"  # this person cannot be reached
    WINDOW_CLOSED = "window_closed"  # free words are refused, and no template says the same
    UNKNOWN = "unknown"  # it may have arrived
    CANCELLED = "cancelled"


class DeliveryKind(StrEnum):
    """What a delivery is, and so what a doubt, a stop or the night means for it."""

    REPLY = "reply"  # to what the person just said
    NOTICE = "notice"  # to one person, who awaits it
    NUDGE = "nudge"  # a reminder of an unfinished form
    SESSION = "session"  # of a session's broadcast
    BROADCAST = "broadcast"  # of a clerk's own words


STATES = (
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.FAILED,
    DeliveryState.UNDELIVERABLE,
    DeliveryState.WINDOW_CLOSED,
    DeliveryState.UNKNOWN,
    DeliveryState.CANCELLED,
)
# It reached the person, or may have.
MAY_HAVE_ARRIVED = (
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
    DeliveryState.READ,
    DeliveryState.UNKNOWN,
)
# Spelled out in the statement, not bound: SQLite uses a partial index only when it sees its terms.
IS_OPEN = "state IN ('pending', 'sending')"
IS_PENDING_REPLY = "state = 'pending' AND kind = 'reply'"
IS_PENDING_NOTICE = "state = 'pending' AND kind <> 'reply' AND broadcast_id IS NULL"
IS_PENDING_BULK = "state = 'pending' AND broadcast_id IS NOT NULL"
TO_MANY = (DeliveryKind.SESSION, DeliveryKind.BROADCAST)
UNASKED = (*TO_MANY, DeliveryKind.NUDGE)  # what nobody awaits: never at night, never to who wants none


class Reason(StrEnum):
    """Why a delivery did not arrive, or may not have. Each has a sentence for clerks: `reason.<value>`."""

    STOPPED = "stopped"  # the person wants no such messages: told to us, or to the provider
    BLOCKED = "blocked"  # the person blocked the desk, or closed the account
    NO_CHAT = "no_chat"  # the provider knows no such account
    NOT_STARTED = "not_started"  # the person never wrote first, which Telegram asks for
    NUMBER = "number"  # the number is none
    NO_ACCOUNT = "no_account"  # a number without WhatsApp
    WINDOW = "window"  # free words are refused by now, and no template says the same
    WITHHELD = "withheld"  # the provider took it and chose not to deliver it
    DAILY = "daily"  # beyond the provider's daily limit
    THROTTLED = "throttled"  # the provider wants us to wait
    CREDENTIALS = "credentials"  # the provider refuses our own credentials
    NETWORK = "network"  # nothing left: refused, no name, no answer to the connection
    TLS = "tls"  # nothing left: no secure connection
    UNSURE = "unsure"  # the request left, no answer came, or the desk died meanwhile
    OUTAGE = "outage"  # the provider answered with a fault of its own (5xx)
    PARTLY = "partly"  # the first part of a long message left, the rest did not
    UNDONE = "undone"  # taken back, or its session changed
    ERASED = "erased"  # the person had everything erased
    LATE = "late"  # too late to be of use
    BLANK = "blank"  # nothing to fill a placeholder with
    RESTORED = "restored"  # the database is a copy of before
    UNREADABLE = "unreadable"  # our own row cannot be read
    FAULT = "fault"  # a bug of ours
    REFUSED = "other"  # the provider will never take this text


def _partial(name: str, where: str, *columns: str) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


class Delivery(Row):
    """One message to one contact.

    `seq` orders a contact's messages as they are shown: a reply has it from the start, any other
    when it leaves. `body` is sealed; a broadcast has none: its words are made at the send
    from `broadcast_id`. `about`: what the message is about, so that an answer to it finds its way.
    `owner` is the lane that committed the intent to send, at `taken_at`. `doubts` counts the times it may
    have arrived and was sent again. Not sent by `not_after`, it is cancelled. `initiated`: it left as a
    template, out of the person's window, and counts for the provider's daily limit. `words`: the hash of what
    it said, by which it is known again in a provider's list. `reason`: why it did not arrive, a `Reason`;
    `error`: what the provider said, for the log and the administrator (never words or addresses).
    """

    __tablename__ = "delivery"
    __table_args__ = (
        sa.UniqueConstraint("contact_id", "seq"),
        sa.UniqueConstraint("broadcast_id", "contact_id"),
        sa.Index("ix_delivery_broadcast_state", "broadcast_id", "state"),
        _partial("ix_delivery_open", IS_OPEN, "contact_id", "channel"),
        _partial("ix_delivery_replies_due", IS_PENDING_REPLY, "channel", "due_at"),
        _partial("ix_delivery_notices_due", IS_PENDING_NOTICE, "channel", "due_at"),
        _partial("ix_delivery_bulk_due", IS_PENDING_BULK, "broadcast_id", "channel", "due_at", "id"),
        _partial("ix_delivery_initiated", "initiated", "channel", "taken_at", "contact_id"),
        _partial("ix_delivery_unknown", "state = 'unknown'", "channel", "taken_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    channel: Mapped[str] = mapped_column(sa.String(16))
    address: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    seq: Mapped[int | None]
    kind: Mapped[str] = mapped_column(sa.String(12))
    state: Mapped[str] = mapped_column(sa.String(16), default=DeliveryState.PENDING)
    body: Mapped[bytes | None] = sealed_column("id")
    broadcast_id: Mapped[int | None] = mapped_column(sa.ForeignKey("broadcast.id"))
    about: Mapped[str | None] = mapped_column(sa.String(40))
    created_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime] = mapped_column(Utc)
    not_after: Mapped[datetime | None] = mapped_column(Utc)
    sent_at: Mapped[datetime | None] = mapped_column(Utc)
    taken_at: Mapped[datetime | None] = mapped_column(Utc)
    words: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    initiated: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    owner: Mapped[str | None] = mapped_column(sa.String(36))
    attempts: Mapped[int] = mapped_column(default=0)
    doubts: Mapped[int] = mapped_column(default=0)
    provider_id: Mapped[str | None] = mapped_column(sa.String(64))
    reason: Mapped[str | None] = mapped_column(sa.String(16))
    error: Mapped[str | None] = mapped_column(sa.String(200))


def seal_message(sealer: Sealer, id: uuid.UUID, body: bytes) -> bytes:
    """Return a message sealed for its own row."""
    return sealer.seal("delivery", "body", id.hex, body)


def unseal_message(sealer: Sealer, row: Delivery) -> bytes:
    """Return the message in the clear, to send it; only one with words of its own has them. Raises SealBroken."""
    assert row.body is not None
    return sealer.unseal("delivery", "body", row.id.hex, row.body)


_TABLE = Row.metadata.tables[Delivery.__tablename__]
_INSERT = sa.insert(_TABLE)
_SENT = (
    sa.update(_TABLE)
    .where(
        _TABLE.c.id == sa.bindparam("delivery", type_=_TABLE.c.id.type),
        _TABLE.c.state == sa.literal_column(f"'{DeliveryState.SENDING}'"),
        _TABLE.c.owner == sa.bindparam("lane"),
    )
    .values(
        state=DeliveryState.SENT,
        sent_at=sa.bindparam("at", type_=Utc),
        provider_id=sa.bindparam("provider"),
        reason=None,
        error=None,
    )
)


def insert_deliveries(db: Session, *rows: dict[str, Any]) -> None:
    """Insert deliveries, pending unless they say otherwise."""
    fresh = {"state": DeliveryState.PENDING, "attempts": 0, "doubts": 0, "initiated": False}
    if rows:
        db.connection().execute(_INSERT, [{**fresh, **row} for row in rows])


def analyze_deliveries(db: Session) -> None:
    """Let PostgreSQL count how many rows stand in which state: else it sorts them all for the first few."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(sa.text("ANALYZE delivery"))


def mark_sent(db: Session, id: uuid.UUID, owner: str, at: datetime, provider_id: str | None) -> int:
    """Record a send that ended well, unless somebody else owns it now. Returns how many rows changed."""
    given = {"delivery": id, "lane": owner, "at": at, "provider": provider_id}
    return db.connection().execute(_SENT, given).rowcount


def uncertain_sends(
    db: Session, channel: str, flying: Collection[uuid.UUID] = (), before: datetime | None = None
) -> Sequence[Delivery]:
    """Return deliveries whose intent was committed and whose result never was, but for those `flying`; of those
    taken `before` a moment.
    """
    found = sa.select(Delivery).where(
        sa.text(f"delivery.{IS_OPEN}"), Delivery.channel == channel, Delivery.state == DeliveryState.SENDING
    )
    if before is not None:
        found = found.where(sa.func.coalesce(Delivery.taken_at, Delivery.due_at) < before)
    return [row for row in db.scalars(found) if row.id not in flying]


def unknown_deliveries(db: Session, channel: str, before: datetime, most: int) -> list[tuple[Delivery, Address]]:
    """Return unknown deliveries no receipt has settled, with where they went, taken before a moment, of the last
    day, the latest first: one nobody can settle must not hold the others.
    """
    found = (
        sa.select(Delivery, Address)
        .join(Address, sa.and_(Address.channel == Delivery.channel, Address.blind == Delivery.address))
        .where(
            Delivery.state == sa.literal_column(f"'{DeliveryState.UNKNOWN}'"),
            Delivery.channel == channel,
            Delivery.taken_at < before,
            Delivery.taken_at > before - timedelta(days=1),
            Delivery.provider_id.is_(None),
        )
        .order_by(Delivery.taken_at.desc())
        .limit(most)
    )
    return [(row, address) for row, address in db.execute(found)]


def provider_ids(db: Session, contact_id: uuid.UUID) -> set[str]:
    """Return the provider's ids of a contact's messages."""
    found = sa.select(Delivery.provider_id).where(Delivery.contact_id == contact_id, Delivery.provider_id.is_not(None))
    return {id for id in db.scalars(found) if id is not None}


def initiated_since(
    db: Session, channel: str, since: datetime, contact_id: uuid.UUID | None = None
) -> tuple[int, datetime | None]:
    """Return to how many people (or to this one) templates left since a moment, and when the first did."""
    people = sa.func.count(sa.distinct(Delivery.contact_id))
    found = sa.select(people, sa.func.min(Delivery.taken_at)).where(
        sa.text("initiated"), Delivery.channel == channel, Delivery.taken_at > since
    )
    if contact_id is not None:
        found = found.where(Delivery.contact_id == contact_id)
    count, first = db.execute(found).one()
    return count, first


def shown_since(db: Session, contact_id: uuid.UUID, seq: int) -> Sequence[Delivery]:
    """Return a contact's messages after a number, in order, but for those cancelled."""
    return db.scalars(
        sa.select(Delivery)
        .where(Delivery.contact_id == contact_id, Delivery.seq > seq, Delivery.state != DeliveryState.CANCELLED)
        .order_by(Delivery.seq)
    ).all()


def answered_to(db: Session, contact_id: uuid.UUID, provider_id: str) -> Delivery | None:
    """Return the message of a contact that carries a provider's id: what a reply to it is about."""
    return db.scalars(
        sa.select(Delivery)
        .where(Delivery.contact_id == contact_id, Delivery.provider_id == provider_id)
        .order_by(Delivery.seq.desc())
        .limit(1)
    ).one_or_none()


def delivery_of(db: Session, broadcast_id: int, contact_id: uuid.UUID) -> Delivery | None:
    """Return a contact's delivery of a broadcast; None when there is none."""
    return db.scalars(
        sa.select(Delivery).where(Delivery.broadcast_id == broadcast_id, Delivery.contact_id == contact_id)
    ).one_or_none()


def count_told(db: Session, contact_id: uuid.UUID, about: str, since: datetime) -> int:
    """Return how many messages about a subject were enqueued for a contact since a moment."""
    found = sa.select(sa.func.count()).where(
        Delivery.contact_id == contact_id, Delivery.about == about, Delivery.created_at > since
    )
    return db.scalar(found) or 0


def told_about_since(db: Session, contact_id: uuid.UUID, about: str, since: datetime) -> bool:
    """Return whether a contact was told about a subject since a moment."""
    found = sa.select(Delivery.id).where(
        Delivery.contact_id == contact_id, Delivery.about == about, Delivery.created_at > since
    )
    return db.scalar(found.limit(1)) is not None


# A reply has its number before it leaves; anything else that waits again was not shown.
_left = sa.or_(Delivery.kind == DeliveryKind.REPLY, Delivery.state != DeliveryState.PENDING)


def last_shown(db: Session, contact_id: uuid.UUID) -> Delivery | None:
    """Return the last message that left for a contact; None when none did."""
    return db.scalars(
        sa.select(Delivery)
        .where(Delivery.contact_id == contact_id, Delivery.seq.is_not(None), _left)
        .order_by(Delivery.seq.desc())
        .limit(1)
    ).one_or_none()


def last_about(db: Session, contact_id: uuid.UUID, head: str) -> str | None:
    """Return the subject, as stored, of the last message that left for a contact, of those that begin so."""
    return db.scalar(
        sa.select(Delivery.about)
        .where(
            Delivery.contact_id == contact_id,
            Delivery.seq.is_not(None),
            _left,
            Delivery.about.startswith(head, autoescape=True),
        )
        .order_by(Delivery.seq.desc())
        .limit(1)
    )


def count_deliveries(db: Session) -> dict[tuple[str, str, str], int]:
    """Return how many deliveries there are by channel, kind and state."""
    rows = db.execute(
        sa.select(Delivery.channel, Delivery.kind, Delivery.state, sa.func.count()).group_by(
            Delivery.channel, Delivery.kind, Delivery.state
        )
    )
    return {(channel, kind, state): count for channel, kind, state, count in rows}
