"""Units a provider vouched for and nobody could read: kept as they came, sealed, for whoever looks into them."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer

LONGEST_UNIT = 64_000  # bytes that are kept of one
MOST_UNITS = 1000  # of all that are kept: the latest


class Unread(Row):
    """One unit that was stepped over: an update, a message of a sweep. `reason`: why, for the list."""

    __tablename__ = "unread"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(sa.String(16))
    reason: Mapped[str] = mapped_column(sa.String(16))
    at: Mapped[datetime] = mapped_column(Utc, index=True)
    body: Mapped[bytes] = sealed_column("id")


def keep_unit(db: Session, sealer: Sealer, channel: str, reason: str, at: datetime, body: bytes) -> None:
    """Keep a unit as it came, cut at `LONGEST_UNIT`; of more than `MOST_UNITS` the oldest go."""
    id = new_id()
    sealed = sealer.seal(Unread.__tablename__, "body", id.hex, body[:LONGEST_UNIT])
    db.add(Unread(id=id, channel=channel, reason=reason, at=at, body=sealed))
    old = sa.select(Unread.id).order_by(Unread.at.desc()).offset(MOST_UNITS)
    db.execute(sa.delete(Unread).where(Unread.id.in_(list(db.scalars(old)))))


def units(db: Session) -> Sequence[Unread]:
    """Return every unit that is kept, the oldest first."""
    return db.scalars(sa.select(Unread).order_by(Unread.at, Unread.id)).all()


def unseal_unit(sealer: Sealer, row: Unread) -> bytes:
    """Return a unit as it came. Raises SealBroken."""
    return sealer.unseal(Unread.__tablename__, "body", row.id.hex, row.body)
