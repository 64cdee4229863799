"""What the clock looks at: sessions to announce, and to remind of. Each once, whoever looks."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import session
from models.broadcast import Broadcast
from models.session import COMES, AwarenessSession
from services.bulk import Occasion, going_out
from services.desk import Desk

EVENING, NIGHT, MORNING = time(18), time(21), time(8)
LAST_CALL = timedelta(minutes=30)


def announce(db: Session, desk: Desk) -> int:
    """Announce every new session to the subscribers concerned. How many there were."""
    count = 0
    for row in session.coming_up(db, desk.clock.now()):
        if not _done(db, row.id, "announce"):
            people = list(db.scalars(session.subscribers(row.commune, row.province)))
            _out(db, desk, "announce", row, people, row.starts_at, edition=1)
            count += 1
    return count


def remind(db: Session, desk: Desk) -> int:
    """Remind those who come, the evening before and the same morning. How many sessions there were.

    Late is still good until the night, and until half an hour before; later it is dropped.
    """
    wall = desk.clock.wall()
    count = 0
    for row in session.coming_up(db, desk.clock.now()):
        for kind, begins, ends in _moments(desk.clock.wall(row.starts_at)):
            if begins <= wall < ends and not _done(db, row.id, kind, row.edition):
                people = list(db.scalars(session.answerers(row.id, COMES)))
                _out(db, desk, kind, row, people, desk.clock.at(ends), row.edition)
                count += 1
    return count


def _moments(starts: datetime) -> tuple[tuple[str, datetime, datetime], ...]:
    """When each reminder may leave: from, until."""
    before = starts.date() - timedelta(days=1)
    evening = ("evening", datetime.combine(before, EVENING), datetime.combine(before, NIGHT))
    return (evening, ("morning", datetime.combine(starts.date(), MORNING), starts - LAST_CALL))


def _done(db: Session, session_id: int, kind: str, edition: int | None = None) -> bool:
    found = sa.select(Broadcast.id).where(Broadcast.session_id == session_id, Broadcast.kind == kind)
    if edition is not None:
        found = found.where(Broadcast.edition == edition)
    return db.scalar(found.limit(1)) is not None


def _out(
    db: Session,
    desk: Desk,
    kind: str,
    row: AwarenessSession,
    people: Sequence[UUID],
    until: datetime,
    edition: int,
) -> None:
    going_out(db, desk, Occasion(kind, row.author_id, row.id, edition, until), people)
