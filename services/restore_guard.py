"""Is the database, or the hour, of before? Then what it holds as still to do may be done already.

The desk beats: every `BEAT_EVERY` it notes the hour in the database and in a file beside it. A start after a longer
silence, a file that knows more than the database, a clock far from the last beat: each holds what goes to many
(services/hold.py) until an admin says so. Answers leave.
"""

import logging
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import BroadcastState, PauseReason, broadcasts_in
from models.contact import Contact
from models.delivery import Delivery, DeliveryKind, DeliveryState, Reason
from models.inbound import STORED_LITERAL, Inbound, InboundState
from services import key_value as things
from services.context import Desk
from services.hold import (
    CLOCK_AHEAD,
    CLOCK_BEHIND,
    CLOCK_TRUSTED_AFTER,
    Hold,
    HoldReason,
    current_hold,
    drop_hold,
    is_far,
    set_hold,
)

log = logging.getLogger(__name__)

ALIVE_KEY, RESTORED_KEY, ANSWERED_KEY = "alive", "restored", "answered_until"
BACKUP_KEY = "backup"  # when the last one was made, for who looks after the desk
BEAT_EVERY = timedelta(seconds=10)
SILENT_FOR = timedelta(seconds=30)  # a supervisor starts us again quicker
CLOCK_SLACK = timedelta(seconds=30)  # between the two notes
ALL_NUDGES = 2  # both reminders of a form


def note_alive(db: Session, desk: Desk) -> int:
    """Beat: look whether database and clock are where they were, then note the hour in the database and beside it.
    Returns 0: nothing is to be sent.
    """
    now, last = desk.clock.now(), last_beat(db)
    if last is not None and BEAT_EVERY / 2 > now - last >= timedelta(0):
        return 0
    if last is not None:
        _look(db, desk, now, last)
    beat(db, desk)
    return 0


def beat(db: Session, desk: Desk) -> None:
    """Note that the desk is alive now, in the database; beside it the beat before, which is committed: a file that
    knows more than the database could only say that the database is a copy.
    """
    committed, now = last_beat(db), desk.clock.now()
    things.set_value(db, ALIVE_KEY, now.isoformat())
    if desk.alive is not None and committed is not None:
        _write(desk.alive, min(committed, now))  # a clock that is set back must not leave the file ahead


def look_at_start(db: Session, desk: Desk) -> Hold | None:
    """Hold back, at the start, what a copy, a gap or a wrong clock would send again. Returns the hold in force."""
    now, last = desk.clock.now(), last_beat(db)
    if last is None:
        return current_hold(db)
    if abs(now - last) > SILENT_FOR:
        _doubt_flying(db, Reason.UNSURE)
        before = current_hold(db)
        since = last if before is None else min(last, before.since)
        set_hold(db, Hold(HoldReason.GAP, since, now))
        log.info("the desk was off: what was on its way to many waits for an admin's yes")
    _look(db, desk, now, last)
    return current_hold(db)


def clock_is_doubted(db: Session, desk: Desk) -> bool:
    """Return whether the hour may be wrong, so that nothing is to be deleted, closed or sent to many by it."""
    now, last, hold = desk.clock.now(), last_beat(db), current_hold(db)
    return (last is not None and is_far(now, last)) or (hold is not None and hold.doubts_clock(now))


def mark_restored(db: Session, desk: Desk, answered_until: datetime | None = None) -> int:
    """Mark the database as a copy of before: nothing that was under way leaves without an admin's yes.
    `answered_until`: when the desk it is a copy of was last alive, where that is known. Returns how many messages to
    one person are held.
    """
    now = desk.clock.now()
    things.set_value(db, RESTORED_KEY, now.isoformat())
    things.set_value(db, ANSWERED_KEY, min(answered_until or now, now).isoformat())
    set_hold(db, Hold(HoldReason.RESTORED, last_beat(db) or now, now))
    _doubt_flying(db, Reason.RESTORED)
    for row in broadcasts_in(db, BroadcastState.PAUSED):
        row.why = PauseReason.RESTORED
        row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    old = sa.update(Delivery).where(Delivery.broadcast_id.is_(None), Delivery.state == DeliveryState.PENDING)
    held = db.connection().execute(old.values(state=DeliveryState.CANCELLED, reason=Reason.RESTORED)).rowcount
    # what waited for its turn had it before: kept for who looks into it, and answered to nobody
    waiting = sa.update(Inbound).where(Inbound.state == STORED_LITERAL)
    db.execute(waiting.values(state=InboundState.BEFORE))
    # who was to be reminded of an unfinished form may have been
    drafts = sa.update(Contact).where(Contact.draft_at.is_not(None))
    db.execute(drafts.values(nudges=ALL_NUDGES, version=Contact.version + 1))
    log.info("the database is a copy of before: nothing old leaves by itself", extra={"count": held})
    return held


def release(db: Session, desk: Desk) -> int:
    """End the hold: what was under way goes on; what one person awaited and a copy held back leaves. Returns how many
    messages to one person leave.
    """
    hold, now = current_hold(db), desk.clock.now()
    drop_hold(db)
    if hold is None or hold.why != HoldReason.RESTORED:
        return 0
    held = sa.update(Delivery).where(
        Delivery.reason == Reason.RESTORED,
        Delivery.state == DeliveryState.CANCELLED,
        Delivery.kind == DeliveryKind.NOTICE,
        sa.or_(Delivery.not_after.is_(None), Delivery.not_after > now),
    )
    return db.connection().execute(held.values(state=DeliveryState.PENDING, reason=None, due_at=now)).rowcount


def answered_until(db: Session) -> datetime | None:
    """Return until when whatever was written to the desk was answered already, by the one this is a copy of; None
    where it is no copy.
    """
    return _read(db, ANSWERED_KEY)


def refuse_single(db: Session) -> None:
    """What one person awaited, and a copy held back, leaves no more: no later yes is about it."""
    held = sa.update(Delivery).where(Delivery.reason == Reason.RESTORED, Delivery.state == DeliveryState.CANCELLED)
    db.execute(held.values(reason=Reason.UNDONE))


def restored_at(db: Session) -> datetime | None:
    """Return when the database was last put back from a copy; None when it never was."""
    return _read(db, RESTORED_KEY)


def last_beat(db: Session) -> datetime | None:
    """Return when the desk last noted that it is alive; None before its first beat."""
    return _read(db, ALIVE_KEY)


def _look(db: Session, desk: Desk, now: datetime, last: datetime) -> None:
    """Hold what must be, when the database or the clock is not where the last beat left it."""
    hold = current_hold(db)
    beside = noted(desk.alive) if desk.alive is not None else None
    if beside is not None and beside > last + CLOCK_SLACK:
        mark_restored(db, desk, beside)
    elif is_far(now, last):
        _doubt_clock(db, desk, now, last, hold)
    elif hold is not None and hold.why == HoldReason.CLOCK and now - hold.at >= CLOCK_TRUSTED_AFTER:
        _believe(db, hold, now)
        log.info("the clock has agreed with itself for a day: it is believed")


def _doubt_clock(db: Session, desk: Desk, now: datetime, last: datetime, hold: Hold | None) -> None:
    if now < last:
        _bring_forward(db, now)
    gap = hold is not None and (hold.gap or hold.why == HoldReason.GAP)
    if hold is not None and hold.why == HoldReason.CLOCK:
        if -CLOCK_BEHIND <= now - hold.since <= CLOCK_AHEAD:
            _believe(db, hold, now)  # it came back to where it was before it went wrong
            log.info("the clock is back where it was: it is believed")
            return
        last = hold.since
    set_hold(db, Hold(HoldReason.CLOCK, last, now, gap=gap))
    log.warning("the clock is far from the last beat: nothing is deleted or sent to many by it")


def _believe(db: Session, hold: Hold, now: datetime) -> None:
    """The clock is believed: what was under way before the desk was off waits all the same."""
    if hold.gap:
        set_hold(db, Hold(HoldReason.GAP, hold.since, now))
    else:
        drop_hold(db)


def _bring_forward(db: Session, now: datetime) -> None:
    """What a clock that was ahead put down for later than now is due now."""
    ahead = sa.update(Delivery).where(
        Delivery.state == DeliveryState.PENDING, Delivery.broadcast_id.is_(None), Delivery.created_at > now
    )
    db.execute(ahead.values(created_at=now, due_at=now))


def _doubt_flying(db: Session, reason: Reason) -> None:
    """What was in flight may have arrived: it is not sent again. What was on its way to many may have come further than
    is known here.
    """
    for row in broadcasts_in(db, BroadcastState.GOING, BroadcastState.SCHEDULED):
        row.why = PauseReason.RESTORED
    flying = sa.update(Delivery).where(Delivery.state == DeliveryState.SENDING)
    db.execute(flying.values(state=DeliveryState.UNKNOWN, reason=reason))


def _read(db: Session, name: str) -> datetime | None:
    kept = things.get_value(db, name)
    return None if kept is None else datetime.fromisoformat(kept)


def _write(path: Path, now: datetime) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now.isoformat(), encoding="ascii")
    except OSError as error:
        log.warning("the note beside the database cannot be written", extra={"error": type(error).__name__})


def noted(path: Path) -> datetime | None:
    """Return the moment a note beside a database holds; None when there is none."""
    try:
        return datetime.fromisoformat(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
