"""Circuit breaker: when a provider rejects many recipients in a row, pause the broadcasts concerned and ask staff
before any contact is marked as gone.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast, BroadcastState
from models.broadcast import PauseReason as PauseReason
from models.contact import Contact
from models.delivery import Delivery, DeliveryState
from services.context import Desk


def hold_back(db: Session, desk: Desk, why: str, suspects: Sequence[uuid.UUID]) -> int:
    """Pause the broadcasts that the rejected deliveries `suspects` are of; by the breaker, mark none of their people
    as stopped or gone. Returns how many broadcasts were on their way.
    """
    rows = db.scalars(sa.select(Delivery).where(Delivery.id.in_(suspects))).all()
    held = 0
    for id in sorted({row.broadcast_id for row in rows if row.broadcast_id is not None}):
        row = db.get_one(Broadcast, id, with_for_update=True)
        if row.state == BroadcastState.GOING:
            row.state, row.why = BroadcastState.PAUSED, why
            held += 1
    if why == PauseReason.BRAKE:
        for each in rows:
            _trust_again(db, each)
    return held


def ignore_rejection(db: Session, desk: Desk, suspect: uuid.UUID) -> bool:
    """Ignore one more rejection of a broadcast the breaker holds, which was in flight. Returns False once the
    broadcast goes on again.
    """
    row = db.get_one(Delivery, suspect)
    of = None if row.broadcast_id is None else db.get(Broadcast, row.broadcast_id, with_for_update=True)
    if of is None or of.state == BroadcastState.GOING:
        return False
    _trust_again(db, row)
    return True


def _trust_again(db: Session, row: Delivery) -> None:
    """What a provider said of everybody at once is not believed of anybody: it may be tried again."""
    if row.state != DeliveryState.UNDELIVERABLE:
        return
    contact = db.get_one(Contact, row.contact_id)
    row.state = DeliveryState.FAILED
    since: datetime | None = row.taken_at
    heard_since = contact.heard_at is not None and since is not None and contact.heard_at >= since
    if since is not None and not heard_since:  # what she said herself since then stands
        if contact.stopped_at is not None and contact.stopped_at >= since:
            contact.stopped_at = None
        if contact.unreachable_at is not None and contact.unreachable_at >= since:
            contact.unreachable_at = None
