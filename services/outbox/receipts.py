"""What a provider tells afterwards of a message it took: arrived, read, or not after all."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.delivery import (
    DELIVERED,
    FAILED,
    PENDING,
    READ,
    SENDING,
    SENT,
    UNDELIVERABLE,
    UNKNOWN,
    WINDOW_CLOSED,
    Delivery,
)
from services.context import Desk
from services.outbox.send_outcomes import failed
from services.outbox.sending import SendError, Unauthorized, Uncertain, Unreachable

# Statuses come in any order and more than once: a message only climbs.
RANK = {
    SENDING: 0,
    PENDING: 0,
    UNKNOWN: 0,
    SENT: 1,
    FAILED: 2,
    UNDELIVERABLE: 2,
    WINDOW_CLOSED: 2,
    DELIVERED: 3,
    READ: 4,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A status that changed a message: of which message to many it is, if of any."""

    broadcast: int | None


def status(
    db: Session, desk: Desk, channel: str, id: uuid.UUID, provider_id: str, state: str, error: SendError | None = None
) -> Told | None:
    """Take a status, by our own id of the message; None when it changes nothing.

    A message in doubt is settled by it. One that was never sent, or is closed, stays what it is.
    """
    row = db.get(Delivery, id, with_for_update=True)
    if row is None or row.channel != channel or row.state not in RANK:
        return None
    if row.attempts == 0 or RANK[state] <= RANK[row.state]:
        return None
    if row.provider_id is not None and row.provider_id != provider_id:
        return None  # of an earlier copy
    now = desk.clock.now()
    row.provider_id = provider_id
    if error is None or isinstance(error, (Unauthorized, Uncertain, Unreachable)):
        row.state = state
        row.reason = error.reason if error else None
        row.error = str(error)[:200] if error else None
    else:
        failed(db, desk, row, error, now, of=row.sent_at)
    if row.state in (SENT, DELIVERED, READ):
        row.sent_at = row.sent_at or now
    return Told(row.broadcast_id)
