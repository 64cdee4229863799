"""What a provider's signal makes of a message and of its contact. The table stands in docs/architecture.md.

Policy in doubt: a message to one person and the date of a session are sent again once; any other
message to many is held as unknown.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import (
    BROADCAST,
    CANCELLED,
    FAILED,
    NOTICE,
    NUDGE,
    PENDING,
    REPLY,
    SESSION,
    UNDELIVERABLE,
    UNKNOWN,
    WINDOW_CLOSED,
    Delivery,
    Reason,
)
from services.context import Desk
from services.outbox.daily_limit import Tier, put_off
from services.outbox.sending import (
    Gone,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)

RETRIES = (5, 30, 120, 600)  # seconds between attempts when nothing was written
RESENDS = {REPLY: 1, NOTICE: 1, SESSION: 1, NUDGE: 0, BROADCAST: 0}


def failed(db: Session, desk: Desk, row: Delivery, error: SendError, now: datetime, of: datetime | None = None) -> None:
    """What an error makes of a message and of its contact.

    `of`: when the message was sent, of an error told later: a contact heard since is reachable again.
    """
    row.reason, row.error = error.reason, str(error)[:200]
    contact = db.get_one(Contact, row.contact_id)
    if of is not None and contact.heard_at is not None and contact.heard_at > of:
        row.state = WINDOW_CLOSED if isinstance(error, WindowClosed) else UNDELIVERABLE
        if not isinstance(error, (WindowClosed, Stopped, Gone)):
            row.state = FAILED
        return
    match error:
        case Throttled():
            _later(db, desk, row, error, now)
        case Unauthorized():
            row.attempts -= 1
            row.state = PENDING
        case Unreachable():
            if row.attempts > len(RETRIES):
                row.state = FAILED
            else:
                row.state = PENDING
                row.due_at = now + timedelta(seconds=RETRIES[row.attempts - 1])
        case Uncertain():
            doubt(desk, row, error.reason, now)
        case Stopped():
            row.state, contact.stopped_at = UNDELIVERABLE, now
        case Gone():
            row.state, contact.unreachable_at = UNDELIVERABLE, now
        case WindowClosed():
            row.state, contact.window_until = WINDOW_CLOSED, now  # the provider's clock is the right one
        case _:
            row.state = FAILED


def _later(db: Session, desk: Desk, row: Delivery, error: Throttled, now: datetime) -> None:
    """Too fast; or the limit of the day is reached, and it waits for the next."""
    row.attempts -= 1
    row.state, row.due_at, row.provider_id = PENDING, now + timedelta(seconds=error.retry_after), None
    tier = Tier(db, desk, row.channel, now) if error.daily and row.initiated else None
    row.initiated = False
    if tier is not None and tier.most and tier.left == 0:
        of = None if row.broadcast_id is None else db.get_one(Broadcast, row.broadcast_id)
        put_off(row, of, tier.again_at())


def doubt(desk: Desk, row: Delivery, reason: str, now: datetime) -> None:
    """It may have arrived: sent again once, or held, as the kind's policy says."""
    row.reason = reason
    if row.doubts < RESENDS.get(row.kind, 0):
        row.doubts += 1
        # a provider that tells what became of a message is given the time to
        row.state, row.due_at = PENDING, now + desk.way(row.channel).settles
    else:
        row.state = UNKNOWN


def close(row: Delivery, state: str, reason: Reason) -> None:
    """It leaves no more; what may have arrived once stays in doubt."""
    row.state = UNKNOWN if row.doubts and state in (CANCELLED, UNDELIVERABLE) else state
    row.reason = reason
