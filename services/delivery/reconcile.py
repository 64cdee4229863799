"""Reconcile: settle unknown deliveries by the provider's own list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import delivery
from models.contact import Contact, unseal_address
from models.delivery import Delivery, DeliveryState, Reason
from models.sealed import UNREADABLE
from services.context import Desk
from services.delivery.rendering import render
from services.outbox.made import NothingToSay, single_spaced, words_hash

RECEIPT_WAIT = timedelta(seconds=60)  # a status of its own may come until then
LISTED_WITHIN = timedelta(minutes=3)  # by then the provider's list holds it, if it ever had it
CLOCK_MARGIN = timedelta(minutes=1)
MOST_RECONCILED = 100


@dataclass(frozen=True, slots=True)
class UncertainDelivery:
    """A message uncertain: where it went, and since when it may have."""

    id: uuid.UUID
    address: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ListedMessage:
    """A message as the provider lists it: its id, its words, when it was made."""

    id: str
    body: str
    at: datetime


def uncertain_deliveries(db: Session, desk: Desk, channel: str) -> list[UncertainDelivery]:
    """Return the unknown deliveries of a channel to look for in the provider's list, at most `MOST_RECONCILED`."""
    found = []
    for row, address in delivery.unknown_deliveries(db, channel, desk.clock.now() - RECEIPT_WAIT, MOST_RECONCILED):
        try:
            to = unseal_address(desk.sealer, address)
        except UNREADABLE:
            continue
        found.append(UncertainDelivery(row.id, to, (row.taken_at or row.due_at) - CLOCK_MARGIN))
    return found


def settle_uncertain(db: Session, desk: Desk, id: uuid.UUID, listed: Sequence[ListedMessage]) -> bool:
    """Settle an unknown delivery by what the provider lists for its address. Returns whether it is settled.

    Exactly one message of that time that says the same and is nobody else's: it is this one. None, after
    `LISTED_WITHIN`: it never arrived. Several, or words that cannot be told any more: it stays unknown.
    """
    row = db.get(Delivery, id, with_for_update=True)
    if row is None or row.state != DeliveryState.UNKNOWN or row.taken_at is None:
        return False
    said = _said(db, desk, row)
    if said is None:
        return False
    known = delivery.provider_ids(db, row.contact_id)
    until = row.taken_at + LISTED_WITHIN
    near = [each for each in listed if row.taken_at - CLOCK_MARGIN <= each.at <= until]
    free = [each for each in near if each.id not in known and _says(each.body, said)]
    if len(free) == 1:
        row.state, row.provider_id, row.sent_at = DeliveryState.SENT, free[0].id, free[0].at
        row.reason = row.error = None
        return True
    if not free and desk.clock.now() >= until:
        row.state, row.reason = DeliveryState.FAILED, Reason.NETWORK
        return True
    return False


def _said(db: Session, desk: Desk, row: Delivery) -> tuple[str, ...] | None:
    """What it said: its words, or what filled the placeholders of a template, whose other words are the provider's;
    None when it would not say the same today.
    """
    try:
        made = render(db, desk, row, db.get_one(Contact, row.contact_id))
    except (NothingToSay, *UNREADABLE):
        return None
    if not row.initiated:
        made = replace(made, template=None)
    if row.words is not None and words_hash(desk, made) != row.words:
        return None
    return (made.spoken.text,) if made.template is None else made.template.variables


def _says(body: str, said: tuple[str, ...]) -> bool:
    """Whether a listed message says what ours says: a pin or a picture beside another is none of it."""
    body = single_spaced(body)
    return bool(body) and all(single_spaced(each) in body for each in said)
