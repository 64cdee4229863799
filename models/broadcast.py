"""Broadcasts: the frozen audience, and the figures that must balance."""

import hashlib
import random
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.contact import Contact
from models.delivery import MAY_HAVE_ARRIVED, Delivery, DeliveryState, Reason
from models.rows import Row, Utc
from models.session import AwarenessSession


class BroadcastState(StrEnum):
    """Where a broadcast stands (docs/broadcasts.md)."""

    FROZEN = "frozen"  # its audience is frozen; its author has not typed the count
    WAITING = "waiting"  # for a second person
    SCHEDULED = "scheduled"  # for its hour
    GOING = "going"
    PAUSED = "paused"
    CLOSED = "closed"  # everybody has come to an end
    UNDONE = "undone"  # taken back
    DROPPED = "dropped"  # never left


class PauseReason(StrEnum):
    """Why a broadcast is paused."""

    TRIAL = "trial"  # the first few have it
    BY_STAFF = "staff"
    BRAKE = "brake"  # the circuit breaker: the provider refuses many people
    REFUSALS = "refusals"  # the provider refuses its text
    LATE = "late"  # its hour is long past
    RESTORED = "restored"  # the database is a copy of before


def drop_broadcast_row(row: "Broadcast") -> None:
    """Drop a broadcast before anything left; one of a session may then be made anew, under the same edition."""
    row.state, row.edition = BroadcastState.DROPPED, None


ID_BYTES = 16  # bytes of a person's id
REPEAT_WINDOW = timedelta(days=1)  # the same words within it are not said twice to anybody


class Broadcast(Row):
    """One thing said to many. `kind`: what it is; for a session, once for each of its editions.

    `audience`: the filter, in words of ids; `frozen`: the ids of its people, 16 bytes each, in the order
    they are written to, with their count and their hash; `left_out`: how many were left out of it, by
    reason. `put`: how many have their row already; `trial`: how many are written to before it waits for
    a second look. `given`: what must be said of the moment it was made. `original_id`: what it
    corrects. `card`: the message that shows its author how far it is. `why`: why it is paused.
    """

    __tablename__ = "broadcast"
    __table_args__ = (sa.UniqueConstraint("session_id", "kind", "edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.String(16))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("awareness_session.id"))
    edition: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(12), index=True)
    why: Mapped[str | None] = mapped_column(sa.String(24))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    approver_id: Mapped[uuid.UUID | None]
    texts: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    text_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachment.id"))
    original_id: Mapped[int | None] = mapped_column(sa.ForeignKey("broadcast.id"))
    audience: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    left_out: Mapped[dict[str, int] | None] = mapped_column(sa.JSON)
    given: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    frozen: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    count: Mapped[int]
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    put: Mapped[int] = mapped_column(default=0, server_default="0")
    trial: Mapped[int | None]
    halfway: Mapped[bool] = mapped_column(default=False)
    card: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    not_after: Mapped[datetime | None] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)

    meeting: Mapped[AwarenessSession | None] = relationship(viewonly=True)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)

    @property
    def urgent(self) -> bool:
        """Return whether it leaves at night too: it would be too late in the morning."""
        return bool((self.given or {}).get("urgent"))

    @property
    def to_put(self) -> int:
        """Return how many rows may stand by now: all, or those of the trial."""
        return self.count if self.trial is None else min(self.trial, self.count)


def pack_audience(ids: Iterable[uuid.UUID]) -> tuple[bytes, int, bytes]:
    """Return people as bytes (16 each) in an order of chance, so that a trial meets all sorts; how many; and their
    hash, which is the same in any order.
    """
    every = sorted({id.bytes for id in ids})
    digest = hashlib.sha256(b"".join(every)).digest()
    random.SystemRandom().shuffle(every)
    return b"".join(every), len(every), digest


def frozen_people(row: Broadcast) -> list[uuid.UUID]:
    """Return the frozen audience, in order. Raises ValueError when it is not the one that was frozen."""
    every = [row.frozen[at : at + ID_BYTES] for at in range(0, len(row.frozen), ID_BYTES)]
    if len(row.frozen) != ID_BYTES * row.count or hashlib.sha256(b"".join(sorted(every))).digest() != row.hash:
        raise ValueError("the audience is not the one that was frozen")
    return [uuid.UUID(bytes=each) for each in every]


def next_people(db: Session, row: Broadcast, most: int) -> list[uuid.UUID]:
    """Return the next people of an audience who have no row yet; the rest of it is not read."""
    some = min(most, row.to_put - row.put)
    if some <= 0:
        return []
    part = sa.func.substr(Broadcast.frozen, row.put * ID_BYTES + 1, some * ID_BYTES)
    found = db.scalar(sa.select(sa.type_coerce(part, sa.LargeBinary)).where(Broadcast.id == row.id))
    every = bytes(found or b"")
    return [uuid.UUID(bytes=every[at : at + ID_BYTES]) for at in range(0, len(every), ID_BYTES)]


def state_counts(db: Session, row: Broadcast) -> dict[str, int]:
    """Return how many deliveries stand in each state; who has no row yet is pending. Their sum is the count."""
    rows = db.execute(
        sa.select(Delivery.state, sa.func.count()).where(Delivery.broadcast_id == row.id).group_by(Delivery.state)
    )
    found = {state: count for state, count in rows}  # noqa: C416 (a Row is not a pair to mypy)
    if row.state not in (BroadcastState.FROZEN, BroadcastState.WAITING, BroadcastState.DROPPED) and row.put < row.count:
        found[DeliveryState.PENDING] = found.get(DeliveryState.PENDING, 0) + row.count - row.put
    return found


def open_deliveries(db: Session, row: Broadcast) -> int:
    """Return how many of its people have not come to an end."""
    found = sa.select(sa.func.count()).where(
        Delivery.broadcast_id == row.id, Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))
    )
    return (db.scalar(found) or 0) + row.count - row.put


def expire_deliveries(db: Session, row: Broadcast, now: datetime, most: int) -> None:
    """Close what is too late to leave, at most `most` at a time, also on a channel whose door is shut."""
    if row.not_after is None or row.not_after > now:
        return
    late = sa.select(Delivery.id).where(
        Delivery.broadcast_id == row.id, Delivery.state == DeliveryState.PENDING, Delivery.not_after <= now
    )
    maybe = sa.case(
        (Delivery.doubts > 0, DeliveryState.UNKNOWN), else_=DeliveryState.CANCELLED
    )  # it may have arrived once
    closed = sa.update(Delivery).where(Delivery.id.in_(late.limit(most)))
    db.execute(closed.values(state=maybe, reason=Reason.LATE).execution_options(synchronize_session=False))


def broadcasts_in(db: Session, *states: str) -> Sequence[Broadcast]:
    """Return the broadcasts in some states, in the order they leave: what concerns a session's date before other
    words.
    """
    rows = db.scalars(sa.select(Broadcast).where(Broadcast.state.in_(states)).order_by(Broadcast.id)).all()
    return sorted(rows, key=lambda row: (row.session_id is None, row.id))


def undone_open(db: Session) -> Sequence[Broadcast]:
    """Return the broadcasts taken back whose people have not all come to an end."""
    return db.scalars(
        sa.select(Broadcast).where(Broadcast.state == BroadcastState.UNDONE, Broadcast.closed_at.is_(None))
    ).all()


def contacts_by_id(db: Session, ids: Sequence[uuid.UUID], *, hold: bool = False) -> list[Contact]:
    """Return contacts by id, 500 a statement: databases bound how many values one takes. `hold`: locked until this
    transaction ends.
    """
    found: list[Contact] = []
    for start in range(0, len(ids), 500):
        some = sa.select(Contact).where(Contact.id.in_(ids[start : start + 500])).order_by(Contact.id)
        found += db.scalars(some.with_for_update(read=True) if hold else some)
    return found


def cancelled_contacts(db: Session, id: int) -> list[uuid.UUID]:
    """Return whose delivery was cancelled."""
    found = sa.select(Delivery.contact_id).where(Delivery.broadcast_id == id, Delivery.state == DeliveryState.CANCELLED)
    return list(db.scalars(found))


def withdraw_pending(db: Session, id: int, most: int | None = None) -> int:
    """Cancel what has not left, at most `most`; one that may have arrived is unknown. Returns how many were
    cancelled.
    """
    waiting = sa.update(Delivery).where(Delivery.broadcast_id == id, Delivery.state == DeliveryState.PENDING)
    db.execute(waiting.where(Delivery.doubts > 0).values(state=DeliveryState.UNKNOWN, reason=Reason.UNDONE))
    if most is not None:
        some = sa.select(Delivery.id).where(Delivery.broadcast_id == id, Delivery.state == DeliveryState.PENDING)
        waiting = waiting.where(Delivery.id.in_(some.limit(most)))
    return db.connection().execute(waiting.values(state=DeliveryState.CANCELLED, reason=Reason.UNDONE)).rowcount


def told_same_words(db: Session, digest: bytes, now: datetime, but: int = 0) -> set[uuid.UUID]:
    """Return who was told these very words within `REPEAT_WINDOW`, or is about to be, by another broadcast than
    `but`.
    """
    same = sa.select(Broadcast).where(
        Broadcast.text_hash == digest,
        Broadcast.id != but,
        sa.func.coalesce(Broadcast.due_at, Broadcast.created_at) > now - REPEAT_WINDOW,
        Broadcast.state.in_(
            (
                BroadcastState.WAITING,
                BroadcastState.SCHEDULED,
                BroadcastState.GOING,
                BroadcastState.PAUSED,
                BroadcastState.CLOSED,
                BroadcastState.UNDONE,
            )
        ),
    )
    found: set[uuid.UUID] = set()
    for row in db.scalars(same):
        if row.state in (BroadcastState.CLOSED, BroadcastState.UNDONE):
            told = sa.select(Delivery.contact_id).where(
                Delivery.broadcast_id == row.id, Delivery.state.in_(MAY_HAVE_ARRIVED)
            )
            found.update(db.scalars(told))
        else:
            frozen = row.frozen
            found.update(uuid.UUID(bytes=frozen[at : at + ID_BYTES]) for at in range(0, len(frozen), ID_BYTES))
    return found


def is_corrected(db: Session, id: int) -> bool:
    """Return whether other words took its place, or are about to."""
    found = sa.select(Broadcast.id).where(
        Broadcast.original_id == id, Broadcast.state.not_in((BroadcastState.FROZEN, BroadcastState.DROPPED))
    )
    return db.scalar(found.limit(1)) is not None


def contacts_reached(db: Session, id: int) -> list[uuid.UUID]:
    """Return whom a broadcast reached, or may have."""
    found = sa.select(Delivery.contact_id).where(
        Delivery.broadcast_id == id,
        sa.or_(
            Delivery.state.in_(MAY_HAVE_ARRIVED), sa.and_(Delivery.state == DeliveryState.PENDING, Delivery.doubts > 0)
        ),
    )
    return list(db.scalars(found))
