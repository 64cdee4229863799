"""Receipts: what a provider tells afterwards of a message it took. A delivery only climbs."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.delivery import Delivery, DeliveryState
from services.context import Desk
from services.outbox.send_outcomes import apply_error
from services.outbox.sending import SendError, Unauthorized, Uncertain, Unreachable

# Statuses come in any order and more than once: a message only climbs.
STATE_RANK: Mapping[str, int] = {
    DeliveryState.SENDING: 0,
    DeliveryState.PENDING: 0,
    DeliveryState.UNKNOWN: 0,
    DeliveryState.SENT: 1,
    DeliveryState.FAILED: 2,
    DeliveryState.UNDELIVERABLE: 2,
    DeliveryState.WINDOW_CLOSED: 2,
    DeliveryState.DELIVERED: 3,
    DeliveryState.READ: 4,
}


@dataclass(frozen=True, slots=True)
class ReceiptTaken:
    """A status that changed a message: of which broadcast it is, if of any."""

    broadcast: int | None


def take_receipt(
    db: Session, desk: Desk, channel: str, id: uuid.UUID, provider_id: str, state: str, error: SendError | None = None
) -> ReceiptTaken | None:
    """Take a provider's receipt by our own id of the message; it settles an uncertain one. Returns of which
    broadcast it is; None when it changes nothing: never sent, closed, of an earlier copy, or no climb.
    """
    row = db.get(Delivery, id, with_for_update=True)
    if row is None or row.channel != channel or row.state not in STATE_RANK:
        return None
    if row.attempts == 0 or STATE_RANK[state] <= STATE_RANK[row.state]:
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
        apply_error(db, desk, row, error, now, of=row.sent_at)
    if row.state in (DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ):
        row.sent_at = row.sent_at or now
    return ReceiptTaken(row.broadcast_id)
