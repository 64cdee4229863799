"""Messages in doubt, settled by the provider's own list: found there it was sent, else it never arrived."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import delivery
from models.contact import Contact, unseal_address
from models.delivery import FAILED, SENT, UNKNOWN, Delivery, Reason
from models.sealed import UNREADABLE
from services.context import Desk
from services.delivery.rendering import rendered
from services.outbox.made import Undone, known_by, plain

SETTLES = timedelta(seconds=60)  # a status of its own may come until then
LISTED = timedelta(minutes=3)  # by then the provider's list holds it, if it ever had it
MARGIN = timedelta(minutes=1)
MOST = 100


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message in doubt: where it went, and since when it may have."""

    id: uuid.UUID
    address: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the provider lists it: its id, its words, when it was made."""

    id: str
    body: str
    at: datetime


def doubts(db: Session, desk: Desk, channel: str) -> list[Doubt]:
    """What to look for in the provider's list."""
    found = []
    for row, address in delivery.unknown(db, channel, desk.clock.now() - SETTLES, MOST):
        try:
            to = unseal_address(desk.sealer, address)
        except UNREADABLE:
            continue
        found.append(Doubt(row.id, to, (row.taken_at or row.due_at) - MARGIN))
    return found


def settle(db: Session, desk: Desk, id: uuid.UUID, listed: Sequence[Listed]) -> bool:
    """Settle a doubt by what the provider lists for its address; whether it is settled.

    Exactly one message of that time that says the same and is nobody else's: it is this one. None, after a
    while: it never arrived. Several, or words that cannot be told any more: nobody knows, and it stays in
    doubt.
    """
    row = db.get(Delivery, id, with_for_update=True)
    if row is None or row.state != UNKNOWN or row.taken_at is None:
        return False
    said = _said(db, desk, row)
    if said is None:
        return False
    known = delivery.provider_ids(db, row.contact_id)
    until = row.taken_at + LISTED
    near = [each for each in listed if row.taken_at - MARGIN <= each.at <= until]
    free = [each for each in near if each.id not in known and _says(each.body, said)]
    if len(free) == 1:
        row.state, row.provider_id, row.sent_at = SENT, free[0].id, free[0].at
        row.reason = row.error = None
        return True
    if not free and desk.clock.now() >= until:
        row.state, row.reason = FAILED, Reason.NETWORK
        return True
    return False


def _said(db: Session, desk: Desk, row: Delivery) -> tuple[str, ...] | None:
    """What it said: its words, or what filled the blanks of a template, whose other words are the provider's;
    None when it would not say the same today."""
    try:
        made = rendered(db, desk, row, db.get_one(Contact, row.contact_id))
    except (Undone, *UNREADABLE):
        return None
    if not row.initiated:
        made = replace(made, template=None)
    if row.words is not None and known_by(desk, made) != row.words:
        return None
    return (made.spoken.text,) if made.template is None else made.template.variables


def _says(body: str, said: tuple[str, ...]) -> bool:
    """Whether a listed message says what ours says: a pin or a picture beside another is none of it."""
    body = plain(body)
    return bool(body) and all(plain(each) in body for each in said)
