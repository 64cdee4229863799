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
from models.broadcast import GOING, PAUSED, RESTORED, SCHEDULED
from models.contact import Contact
from models.delivery import CANCELLED, PENDING, SENDING, UNKNOWN, Delivery, Reason
from services import key_value as things
from services.context import Desk

log = logging.getLogger(__name__)

ALIVE, BACK = "alive", "restored"
BEAT = timedelta(seconds=30)
SLACK = timedelta(minutes=3)  # between the two notes, and of clocks
SILENT = timedelta(hours=1)
NUDGED = 2  # both reminders of a form


def beat(db: Session, desk: Desk) -> int:
    """Note that the desk is alive, now and then."""
    now = desk.clock.now()
    last = _read(db, ALIVE)
    if last is not None and BEAT > now - last >= timedelta(0):
        return 0
    things.keep(db, ALIVE, now.isoformat())
    if desk.alive is not None:
        _write(desk.alive, now)
    return 0


def look_back(db: Session, desk: Desk) -> bool:
    """At the start: whether the database is a copy of before. What it would send is then held back."""
    now, last = desk.clock.now(), _read(db, ALIVE)
    if last is None:
        return False
    noted = _noted(desk.alive) if desk.alive is not None else None
    copy = noted > last + SLACK if noted is not None else now - last > SILENT
    if not copy:
        return False
    things.keep(db, BACK, now.isoformat())
    for row in broadcast.standing(db, GOING, SCHEDULED, PAUSED):
        row.state, row.why = PAUSED, RESTORED
        row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    flying = sa.update(Delivery).where(Delivery.state == SENDING)
    db.execute(flying.values(state=UNKNOWN, reason=Reason.RESTORED))
    old = sa.update(Delivery).where(Delivery.broadcast_id.is_(None), Delivery.state == PENDING)
    held = db.connection().execute(old.values(state=CANCELLED, reason=Reason.RESTORED)).rowcount
    # who was to be reminded of an unfinished form may have been
    drafts = sa.update(Contact).where(Contact.draft_at.is_not(None))
    db.execute(drafts.values(nudges=NUDGED, version=Contact.version + 1))
    log.warning("the database is a copy of before: nothing old leaves by itself", extra={"count": held})
    return True


def restored_at(db: Session) -> datetime | None:
    """When the database was last put back from a copy."""
    return _read(db, BACK)


def _read(db: Session, name: str) -> datetime | None:
    kept = things.kept(db, name)
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
