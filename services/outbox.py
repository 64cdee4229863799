"""What leaves: put down in the turn's own transaction, sent by a lane, its result recorded.

Policy in doubt, for replies: sent again once. The design, with the table of signals, stands in
docs/architecture.md.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session

from conversations import desk as mind
from conversations.chat import Chat
from conversations.values import Button, Media, Spoken
from models import delivery
from models.contact import Contact, locked, unseal_address
from models.delivery import (
    CANCELLED,
    FAILED,
    PENDING,
    REPLY,
    SENDING,
    UNDELIVERABLE,
    UNKNOWN,
    Delivery,
)  # fmt: skip
from models.rows import new_id
from models.sealed import SealBroken
from services.chats import read_chat, write_chat
from services.desk import Desk
from services.sending import (
    Gone,
    Parcel,
    SendError,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
)  # fmt: skip

log = logging.getLogger(__name__)

UNREADABLE = (SealBroken, ValueError, KeyError, TypeError)
STALE = timedelta(minutes=15)
RETRIES = (5, 30, 120, 600)  # seconds between attempts when nothing was written
RESENDS = {REPLY: 1}


@dataclass(frozen=True, slots=True)
class Result:
    """How one send ended: the provider's id, or an error."""

    id: uuid.UUID
    provider_id: str | None = None
    error: SendError | None = None


def put(db: Session, desk: Desk, contact: Contact, channel: str, address: bytes, spoken: Spoken) -> None:
    """Put a reply down, after every earlier message of the contact."""
    now = desk.clock.now()
    contact.last_seq += 1
    id = new_id()
    delivery.add(
        db, id=id, contact_id=contact.id, channel=channel, address=address, seq=contact.last_seq,
        kind=REPLY, body=delivery.seal_message(desk.sealer, id, pack(spoken)), created_at=now, due_at=now,
    )  # fmt: skip


def speak(desk: Desk, chat: Chat, decision: mind.Decision) -> Spoken:
    """A decision's replies as one message in the contact's language."""
    exits = mind.exits(chat, desk.world(), desk.flows)
    return desk.speech.speak(decision.replies, chat.language, chat.form.draft, exits)


def take(db: Session, desk: Desk, channel: str, owner: str, most: int) -> list[Parcel]:
    """Commit the intent to send the messages that may leave now.

    A reply that could not leave for 15 minutes is cancelled; the open question is put down afresh.
    """
    now = desk.clock.now()
    parcels = []
    for row, address in delivery.ready(db, channel, now, most):
        if row.kind == REPLY and now - row.created_at > STALE:
            _cancel_stale(db, desk, row)
            continue
        try:
            message = unpack(delivery.unseal_message(desk.sealer, row))
            parcels.append(Parcel(row.id, row.seq, unseal_address(desk.sealer, address), message))
        except UNREADABLE:
            # one spoilt row must not hold the others: it is seen as failed, and named in the log
            log.error("a message cannot be read", extra={"delivery": str(row.id)})
            row.state, row.error = FAILED, "unreadable"
            continue
        row.state, row.owner = SENDING, owner
        row.attempts += 1
    return parcels


def record(db: Session, desk: Desk, owner: str, results: Sequence[Result]) -> int:
    """Record how sends ended, and how many; of a message somebody else now owns, nothing changes."""
    now, recorded = desk.clock.now(), 0
    for result in results:
        if result.error is None:
            recorded += delivery.mark_sent(db, result.id, owner, now, result.provider_id)
            continue
        row = db.get(Delivery, result.id, with_for_update=True)
        if row is None or row.state != SENDING or row.owner != owner:
            continue
        _failed(db, row, result.error, now)
        recorded += 1
    return recorded


def recover(db: Session, desk: Desk, channel: str) -> int:
    """What a lane that died left in doubt: sent again once, by the policy. How many there were."""
    rows = delivery.in_doubt(db, channel)
    for row in rows:
        _doubt(row, "the lane died while sending", desk.clock.now())
    return len(rows)


def _failed(db: Session, row: Delivery, error: SendError, now: datetime) -> None:
    row.error = str(error)[:200]
    match error:
        case Throttled(retry_after=seconds):
            row.attempts -= 1
            row.state, row.due_at = PENDING, now + timedelta(seconds=seconds)
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
            _doubt(row, row.error, now)
        case Gone():
            row.state = UNDELIVERABLE
            db.get_one(Contact, row.contact_id).unreachable_at = now
        case _:
            row.state = FAILED


def _doubt(row: Delivery, error: str, now: datetime) -> None:
    row.error = error
    if row.doubts < RESENDS.get(row.kind, 0):
        row.doubts += 1
        row.state, row.due_at = PENDING, now
    else:
        row.state = UNKNOWN


def _cancel_stale(db: Session, desk: Desk, row: Delivery) -> None:
    row.state, row.error = CANCELLED, "too late to be of use"
    contact = locked(db, row.contact_id)
    if contact.last_seq != row.seq:
        return
    try:
        chat = read_chat(desk, contact)
    except UNREADABLE:
        log.error("a conversation cannot be read", extra={"contact": str(contact.id)})
        return
    again = mind.refresh(chat, desk.world(), desk.flows)
    write_chat(desk, contact, again.chat)
    put(db, desk, contact, row.channel, row.address, speak(desk, again.chat, again))


def pack(spoken: Spoken) -> bytes:
    """A message as bytes to seal."""
    return orjson.dumps(
        {
            "text": spoken.text,
            "options": [(b.data, b.label, b.typed) for b in spoken.options],
            "exits": [(b.data, b.label, b.typed) for b in spoken.exits],
            "media": [(m.kind, m.id) for m in spoken.media],
            "language": spoken.language,
            "numbered": spoken.numbered,
        }
    )


def unpack(raw: bytes) -> Spoken:
    """A message from what `pack` made."""
    read: dict[str, Any] = orjson.loads(raw)
    return Spoken(
        text=read["text"],
        options=tuple(Button(*button) for button in read["options"]),
        exits=tuple(Button(*button) for button in read["exits"]),
        media=tuple(Media(*media) for media in read["media"]),
        language=read["language"],
        numbered=read["numbered"],
    )
