"""What a provider's signal makes of a message and of its contact. The table stands in docs/architecture.md.

Policy uncertain: a message to one person and the date of a session are sent again once; any other
broadcast is held as unknown.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Delivery, DeliveryKind, DeliveryState, Reason
from services.context import Desk
from services.outbox.daily_limit import DailyLimit, postpone
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

RETRY_SECONDS = (5, 30, 120, 600)  # seconds between attempts when nothing was written
RESENDS_BY_KIND: Mapping[str, int] = {
    DeliveryKind.REPLY: 1,
    DeliveryKind.NOTICE: 1,
    DeliveryKind.SESSION: 1,
    DeliveryKind.NUDGE: 0,
    DeliveryKind.BROADCAST: 0,
}


def apply_error(
    db: Session, desk: Desk, row: Delivery, error: SendError, now: datetime, of: datetime | None = None
) -> None:
    """Apply what an error makes of a delivery and of its contact.

    `of`: when the message was sent, of an error told later: a contact heard since is reachable again.
    """
    row.reason, row.error = error.reason, str(error)[:200]
    contact = db.get_one(Contact, row.contact_id)
    if of is not None and contact.heard_at is not None and contact.heard_at > of:
        row.state = DeliveryState.WINDOW_CLOSED if isinstance(error, WindowClosed) else DeliveryState.UNDELIVERABLE
        if not isinstance(error, (WindowClosed, Stopped, Gone)):
            row.state = DeliveryState.FAILED
        return
    match error:
        case Throttled():
            _later(db, desk, row, error, now)
        case Unauthorized():
            row.attempts -= 1
            row.state = DeliveryState.PENDING
        case Unreachable():
            if row.attempts > len(RETRY_SECONDS):
                row.state = DeliveryState.FAILED
            else:
                row.state = DeliveryState.PENDING
                row.due_at = now + timedelta(seconds=RETRY_SECONDS[row.attempts - 1])
        case Uncertain():
            mark_uncertain(desk, row, error.reason, now)
        case Stopped():
            row.state, contact.stopped_at = DeliveryState.UNDELIVERABLE, now
        case Gone():
            row.state, contact.unreachable_at = DeliveryState.UNDELIVERABLE, now
        case WindowClosed():
            row.state, contact.window_until = DeliveryState.WINDOW_CLOSED, now  # the provider's clock is the right one
        case _:
            row.state = DeliveryState.FAILED


def _later(db: Session, desk: Desk, row: Delivery, error: Throttled, now: datetime) -> None:
    """Too fast; or the limit of the day is reached, and it waits for the next."""
    row.attempts -= 1
    row.state, row.due_at, row.provider_id = DeliveryState.PENDING, now + timedelta(seconds=error.retry_after), None
    tier = DailyLimit(db, desk, row.channel, now) if error.daily and row.initiated else None
    row.initiated = False
    if tier is not None and tier.most and tier.left == 0:
        of = None if row.broadcast_id is None else db.get_one(Broadcast, row.broadcast_id)
        postpone(row, of, tier.again_at())


def mark_uncertain(desk: Desk, row: Delivery, reason: str, now: datetime) -> None:
    """Mark a delivery that may have arrived: resend it once, or hold it as unknown, as its kind's policy says."""
    row.reason = reason
    if row.doubts < RESENDS_BY_KIND.get(row.kind, 0):
        row.doubts += 1
        # a provider that tells what became of a message is given the time to
        row.state, row.due_at = DeliveryState.PENDING, now + desk.traits(row.channel).settles
    else:
        row.state = DeliveryState.UNKNOWN


def close_delivery(row: Delivery, state: str, reason: Reason) -> None:
    """Close a delivery that leaves no more, with its reason; what may have arrived once stays unknown."""
    row.state = (
        DeliveryState.UNKNOWN
        if row.doubts and state in (DeliveryState.CANCELLED, DeliveryState.UNDELIVERABLE)
        else state
    )
    row.reason = reason
