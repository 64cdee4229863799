"""Was the database put back from a copy? Then what it holds as still to do may be done already.

The desk notes now and then that it is alive, in the database and in a file beside it. When it starts and the
file knows more than the database, or there is no such file and the database was silent for long, the
database is a copy of before: nothing old leaves by itself.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import broadcast
from models.broadcast import BroadcastState, PauseReason
from models.contact import Contact
from models.delivery import Delivery, DeliveryState, Reason
from services import key_value as things
from services.context import Desk

log = logging.getLogger(__name__)

ALIVE_KEY, RESTORED_KEY = "alive", "restored"
BEAT_EVERY = timedelta(seconds=30)
CLOCK_SLACK = timedelta(minutes=3)  # between the two notes, and of clocks
SILENT_FOR = timedelta(hours=1)
ALL_NUDGES = 2  # both reminders of a form


def note_alive(db: Session, desk: Desk) -> int:
    """Note that the desk is alive, every `BEAT_EVERY`, in the database and beside it. Returns 0: nothing is to be
    sent.
    """
    now = desk.clock.now()
    last = _read(db, ALIVE_KEY)
    if last is not None and BEAT_EVERY > now - last >= timedelta(0):
        return 0
    things.set_value(db, ALIVE_KEY, now.isoformat())
    if desk.alive is not None:
        _write(desk.alive, now)
    return 0


def hold_back_if_restored(db: Session, desk: Desk) -> bool:
    """Hold back, at the start, what a database put back from a copy would send again. Returns whether it is such a
    copy.
    """
    now, last = desk.clock.now(), _read(db, ALIVE_KEY)
    if last is None:
        return False
    noted = _noted(desk.alive) if desk.alive is not None else None
    copy = noted > last + CLOCK_SLACK if noted is not None else now - last > SILENT_FOR
    if not copy:
        return False
    things.set_value(db, RESTORED_KEY, now.isoformat())
    for row in broadcast.broadcasts_in(db, BroadcastState.GOING, BroadcastState.SCHEDULED, BroadcastState.PAUSED):
        row.state, row.why = BroadcastState.PAUSED, PauseReason.RESTORED
        row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    flying = sa.update(Delivery).where(Delivery.state == DeliveryState.SENDING)
    db.execute(flying.values(state=DeliveryState.UNKNOWN, reason=Reason.RESTORED))
    old = sa.update(Delivery).where(Delivery.broadcast_id.is_(None), Delivery.state == DeliveryState.PENDING)
    held = db.connection().execute(old.values(state=DeliveryState.CANCELLED, reason=Reason.RESTORED)).rowcount
    # who was to be reminded of an unfinished form may have been
    drafts = sa.update(Contact).where(Contact.draft_at.is_not(None))
    db.execute(drafts.values(nudges=ALL_NUDGES, version=Contact.version + 1))
    log.warning("the database is a copy of before: nothing old leaves by itself", extra={"count": held})
    return True


def restored_at(db: Session) -> datetime | None:
    """Return when the database was last put back from a copy; None when it never was."""
    return _read(db, RESTORED_KEY)


def _read(db: Session, name: str) -> datetime | None:
    kept = things.get_value(db, name)
    return None if kept is None else datetime.fromisoformat(kept)


def _write(path: Path, now: datetime) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now.isoformat(), encoding="ascii")
    except OSError as error:
        log.warning("the note beside the database cannot be written", extra={"error": type(error).__name__})


def _noted(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
