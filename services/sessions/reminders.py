"""Reminders: sessions to announce, to remind of, and to follow up; each once, whoever looks."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import session
from models.broadcast import Broadcast, PauseReason
from models.session import COMING_STATES, AttendanceAnswer, AwarenessSession, SessionState
from services.broadcasts.concerned import concerned_subscribers
from services.broadcasts.fanout import SessionBroadcast, start_session_broadcast
from services.context import Desk
from services.hold import WAS_DUE, current_hold
from services.restore_guard import restored_at
from services.sessions.sources import SESSION_LASTS, next_nearby

EVENING, NIGHT, MORNING = time(18), time(21), time(8)
LAST_CALL = timedelta(minutes=30)
THANKS_BY = timedelta(hours=30)  # thanks of the day before yesterday are no thanks
MISSED_AT, MISSED_BY = timedelta(hours=20), timedelta(days=3)


def announce_sessions(db: Session, desk: Desk) -> int:
    """Start the announcement of every session an earlier release left for the clock to announce. Returns how many."""
    count = 0
    for row in session.coming_sessions(db, desk.clock.now()):
        if not _done(db, row.id, "announce"):
            people = concerned_subscribers(db, desk, row.commune, row.province, row.trades)
            _out(db, desk, "announce", row, people, row.starts_at, row.created_at, edition=1)
            count += 1
    return count


def remind_sessions(db: Session, desk: Desk) -> int:
    """Remind those who come, the evening before and the same morning; late is good until the night, and until
    `LAST_CALL`. Returns for how many sessions.
    """
    wall = desk.clock.wall()
    count = 0
    for row in session.coming_sessions(db, desk.clock.now()):
        for kind, begins, ends in _moments(desk.clock.wall(row.starts_at)):
            if begins <= wall < ends and not _reminded(db, row, kind):
                people = list(db.scalars(session.answerers(row.id, AttendanceAnswer.COMES)))
                since = desk.clock.at(begins)
                _out(db, desk, kind, row, people, desk.clock.at(ends), since, row.edition)
                count += 1
    return count


def _moments(starts: datetime) -> tuple[tuple[str, datetime, datetime], ...]:
    """When each reminder may leave: from, until."""
    before = starts.date() - timedelta(days=1)
    evening = ("evening", datetime.combine(before, EVENING), datetime.combine(before, NIGHT))
    return (evening, ("morning", datetime.combine(starts.date(), MORNING), starts - LAST_CALL))


def follow_up_sessions(db: Session, desk: Desk) -> int:
    """Mark sessions that took place as held, thank who was there, and tell who was missed of the next nearby, once.
    Returns how many broadcasts.
    """
    now = desk.clock.now()
    count = 0
    for row in session.begun_sessions(db, now - MISSED_BY, now - SESSION_LASTS):
        if row.state in COMING_STATES:
            row.state = SessionState.HELD
        ended = row.starts_at + SESSION_LASTS
        if not session.count_came(db, row.id):
            continue  # nobody stood at the door: who came is not known
        if now < ended + THANKS_BY and not _done(db, row.id, "thanks"):
            people = list(db.scalars(session.attenders(row.id)))
            _out(db, desk, "thanks", row, people, ended + THANKS_BY, ended, row.edition)
            count += 1
        due = ended + MISSED_AT
        if now >= due and not _done(db, row.id, "missed") and next_nearby(db, desk, row) is not None:
            people = list(db.scalars(session.missing(row.id)))
            _out(db, desk, "missed", row, people, ended + MISSED_BY, due, row.edition)
            count += 1
    return count


def _done(db: Session, session_id: int, kind: str) -> bool:
    found = sa.select(Broadcast.id).where(
        Broadcast.session_id == session_id, Broadcast.kind == kind, Broadcast.edition.is_not(None)
    )
    return db.scalar(found.limit(1)) is not None


def _reminded(db: Session, row: AwarenessSession, kind: str) -> bool:
    """Whether this reminder was enqueued already, of this edition or of one at the same moment."""
    found = sa.select(Broadcast).where(Broadcast.session_id == row.id, Broadcast.kind == kind)
    starts = row.starts_at.isoformat()
    return any(each.edition == row.edition or (each.given or {}).get("starts") == starts for each in db.scalars(found))


def _out(
    db: Session,
    desk: Desk,
    kind: str,
    row: AwarenessSession,
    people: Sequence[UUID],
    until: datetime,
    since: datetime,
    edition: int,
) -> None:
    """Put it down; what was due before a gap or a copy may have left already: it is held, and who answered "no" to the
    admins' question finds it paused.
    """
    hold, back = current_hold(db), restored_at(db)
    why = PauseReason.RESTORED if hold is None and back is not None and since < back else None
    given = {"starts": row.starts_at.isoformat()}
    if hold is not None and since <= hold.at:
        given[WAS_DUE] = since.isoformat()
    start_session_broadcast(db, desk, SessionBroadcast(kind, row.author_id, row.id, edition, until, why, given), people)
