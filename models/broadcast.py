"""Messages to many: the frozen audience, and the figures that must balance."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.contact import Contact
from models.delivery import CANCELLED, PENDING, SENDING, UNKNOWN, Delivery
from models.rows import Row, Utc

FROZEN, GOING, CLOSED, UNDONE, DROPPED = "frozen", "going", "closed", "undone", "dropped"


class Broadcast(Row):
    """One thing said to many. `kind`: what it is; for a session, once for each of its editions.

    `audience`: the filter, in words of ids; `frozen`: the ids of its people, 16 bytes each, with
    their count and their hash. `given`: what must be said of the moment it was made (an old date).
    """

    __tablename__ = "broadcast"
    __table_args__ = (sa.UniqueConstraint("session_id", "kind", "edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(sa.String(16))
    session_id: Mapped[int | None] = mapped_column(sa.ForeignKey("awareness_session.id"))
    edition: Mapped[int | None]
    state: Mapped[str] = mapped_column(sa.String(8), index=True)
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    texts: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    audience: Mapped[dict[str, str] | None] = mapped_column(sa.JSON)
    given: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    frozen: Mapped[bytes]
    count: Mapped[int]
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    halfway: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Utc)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy reads it so)


def packed(ids: Iterable[uuid.UUID]) -> tuple[bytes, int, bytes]:
    """People as bytes, in one order: the bytes, how many, their hash."""
    every = sorted({id.bytes for id in ids})
    frozen = b"".join(every)
    return frozen, len(every), hashlib.sha256(frozen).digest()


def people(row: Broadcast) -> list[uuid.UUID]:
    """The frozen audience. ValueError when it is not the one that was frozen."""
    if len(row.frozen) != 16 * row.count or hashlib.sha256(row.frozen).digest() != row.hash:
        raise ValueError("the audience is not the one that was frozen")
    return [uuid.UUID(bytes=row.frozen[at : at + 16]) for at in range(0, len(row.frozen), 16)]


def balance(db: Session, id: int) -> dict[str, int]:
    """How many of its messages stand in each state."""
    rows = db.execute(
        sa.select(Delivery.state, sa.func.count()).where(Delivery.broadcast_id == id).group_by(Delivery.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 (a Row is not a pair to mypy)


def open_rows(db: Session, id: int) -> int:
    """How many of its messages have not come to an end."""
    found = sa.select(sa.func.count()).where(
        Delivery.broadcast_id == id, Delivery.state.in_((PENDING, SENDING))
    )
    return db.scalar(found) or 0


def expire(db: Session, now: datetime) -> None:
    """Close what is too late to leave, also on a channel whose door is shut and has no lane."""
    late = sa.update(Delivery).where(
        Delivery.broadcast_id.is_not(None), Delivery.state == PENDING, Delivery.not_after <= now
    )
    db.execute(late.values(state=CANCELLED, error="too late").execution_options(synchronize_session=False))


def going(db: Session) -> Sequence[Broadcast]:
    """Those on their way."""
    return db.scalars(sa.select(Broadcast).where(Broadcast.state == GOING).order_by(Broadcast.id)).all()


_KIND = sa.case(
    (Contact.stopped_at.is_not(None), "stopped"),
    (sa.or_(Contact.unreachable_at.is_not(None), Contact.channel.is_(None)), "unreachable"),
    else_="reachable",
)


def tally(
    db: Session, among: sa.Select[uuid.UUID], now: datetime
) -> list[tuple[str, str | None, int, str, bool]]:
    """Of a selection of contacts: channel, language, how many, whether they may be written to
    (`reachable`, `stopped`, `unreachable`), and whether freely."""
    kind, is_open = (
        _KIND.label("kind"),
        sa.func.coalesce(Contact.window_until > now, sa.false()).label("open"),
    )
    rows = db.execute(
        sa.select(sa.func.coalesce(Contact.channel, ""), Contact.language, sa.func.count(), kind, is_open)
        .where(Contact.id.in_(among))
        .group_by(Contact.channel, Contact.language, kind, is_open)
    )
    return [(channel, language, count, kind, bool(still)) for channel, language, count, kind, still in rows]


def reachable(db: Session, among: sa.Select[uuid.UUID]) -> list[uuid.UUID]:
    """The contacts of a selection who may be written to."""
    return list(db.scalars(sa.select(Contact.id).where(Contact.id.in_(among), _KIND == "reachable")))


def contacts(db: Session, ids: Sequence[uuid.UUID]) -> list[Contact]:
    """Contacts by id, some hundreds at a time: databases bound how many values a statement takes."""
    found: list[Contact] = []
    for start in range(0, len(ids), 500):
        found += db.scalars(sa.select(Contact).where(Contact.id.in_(ids[start : start + 500])))
    return found


def withdrawn(db: Session, id: int) -> list[uuid.UUID]:
    """Whose message was cancelled."""
    found = sa.select(Delivery.contact_id).where(Delivery.broadcast_id == id, Delivery.state == CANCELLED)
    return list(db.scalars(found))


def withdraw(db: Session, id: int, reason: str) -> int:
    """Cancel what has not left; how many there were. One in doubt may have arrived: it is unknown."""
    waiting = sa.update(Delivery).where(Delivery.broadcast_id == id, Delivery.state == PENDING)
    db.execute(waiting.where(Delivery.doubts > 0).values(state=UNKNOWN, error=reason))
    return db.connection().execute(waiting.values(state=CANCELLED, error=reason)).rowcount
