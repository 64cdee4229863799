"""What leaves: the intent committed, the channel called by a lane, the result recorded.

Policy in doubt: a message to one person and the date of a session are sent again once; any other
message to many is held as unknown. The table of signals stands in docs/architecture.md.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from conversations import counter
from models import delivery
from models.broadcast import leaving
from models.contact import Address, Contact, locked, muted, unseal_address
from models.delivery import (
    BROADCAST,
    CANCELLED,
    FAILED,
    NOTICE,
    NUDGE,
    PENDING,
    REPLY,
    SENDING,
    SESSION,
    UNASKED,
    UNDELIVERABLE,
    UNKNOWN,
    WINDOW_CLOSED,
    Delivery,
)  # fmt: skip
from models.sealed import UNREADABLE
from services.around import around
from services.chats import read_chat, write_chat
from services.desk import Desk
from services.messages import put, speak
from services.rendering import Undone, rendered
from services.sending import (
    Gone,
    Parcel,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)  # fmt: skip
from services.tier import Tier

log = logging.getLogger(__name__)

STALE = timedelta(minutes=15)
RETRIES = (5, 30, 120, 600)  # seconds between attempts when nothing was written
RESENDS = {REPLY: 1, NOTICE: 1, SESSION: 1, NUDGE: 0, BROADCAST: 0}
# What a person who wants no such messages calls each kind.
KINDS = {SESSION: "sessions", BROADCAST: "news", NUDGE: "file"}


@dataclass(frozen=True, slots=True)
class Result:
    """How one send ended: the provider's id, or an error."""

    id: UUID
    provider_id: str | None = None
    error: SendError | None = None


def take(
    db: Session, desk: Desk, channel: str, owner: str, most: int, bulk: int | None = None
) -> list[Parcel]:
    """Commit the intent to send the messages that may leave now: replies first, then at most `bulk` others.

    What should not leave any more is closed on the way: a reply that waited 15 minutes (its
    question is put down afresh), what is too late, what the person has stopped since.
    """
    now = desk.clock.now()
    found = delivery.ready_replies(db, channel, now, most)
    room = min(most - len(found), most if bulk is None else bulk)
    if room > 0:
        found += _others(db, desk, channel, now, room)
    tier: Tier | None = None
    parcels = []
    for row, address, contact in found:
        if row.kind == REPLY and now - row.created_at > STALE:
            _cancel_stale(db, desk, row)
            continue
        if _closed(row, contact, now):
            continue
        parcel = _parcel(db, desk, row, address, contact, now)
        if parcel is None:
            continue
        if parcel.template is not None:
            tier = tier or Tier(db, desk, channel, now)
            if not tier.spend(contact.id) and row.kind in UNASKED:
                row.due_at, row.error = tier.again_at(), "daily limit"
                continue
            row.initiated = True
        row.state, row.owner, row.taken_at = SENDING, owner, now
        row.attempts += 1
        parcels.append(parcel)
    return parcels


def _others(db: Session, desk: Desk, channel: str, now: datetime, room: int) -> delivery.Ready:
    """Notices, then messages to many: at night only what one person awaits of another."""
    quiet = desk.policy.is_quiet(desk.clock.wall(now))
    found = delivery.ready_notices(db, channel, now, room, quiet=quiet)
    if quiet:
        return found
    for broadcast_id in leaving(db):
        if len(found) >= room:
            break
        found += delivery.ready_bulk(db, channel, broadcast_id, now, room - len(found))
    return found


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
        failed(db, desk, row, result.error, now)
        recorded += 1
    return recorded


def recover(db: Session, desk: Desk, channel: str, owner: str = "", older: timedelta = timedelta(0)) -> int:
    """What a lane that died, another than `owner`, left in doubt for so long: sent again once, by the
    policy. How many there were."""
    before = desk.clock.now() - older if older else None
    rows = delivery.in_doubt(db, channel, owner, before)
    for row in rows:
        _doubt(desk, row, "the lane died while sending", desk.clock.now())
    return len(rows)


def failed(
    db: Session, desk: Desk, row: Delivery, error: SendError, now: datetime, of: datetime | None = None
) -> None:
    """What an error makes of a message and of its contact.

    `of`: when the message was sent, of an error told later: a contact heard since is reachable again.
    """
    row.error = str(error)[:200]
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
            _doubt(desk, row, row.error, now)
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
    row.state, row.due_at = PENDING, now + timedelta(seconds=error.retry_after)
    tier = Tier(db, desk, row.channel, now) if error.daily and row.initiated else None
    row.initiated = False
    if tier is not None and tier.most and tier.left == 0:
        row.due_at, row.error = tier.again_at(), "daily limit"


def _closed(row: Delivery, contact: Contact, now: datetime) -> bool:
    """Whether it should not leave any more; its row says why."""
    if row.kind in UNASKED and (contact.stopped_at is not None or KINDS.get(row.kind) in muted(contact)):
        row.state, row.error = CANCELLED, "stopped"
    elif row.kind in UNASKED and contact.unreachable_at is not None:
        row.state, row.error = UNDELIVERABLE, "unreachable"
    elif row.not_after is not None and now >= row.not_after:
        row.state, row.error = CANCELLED, "too late"
    return row.state != PENDING


def _parcel(
    db: Session, desk: Desk, row: Delivery, address: Address, contact: Contact, now: datetime
) -> Parcel | None:
    """The message with its words, and the template for one who may not be written to freely."""
    try:
        made = rendered(db, desk, row, contact)
        to = unseal_address(desk.sealer, address)
    except Undone as reason:
        row.state, row.error = CANCELLED, str(reason)
        return None
    except UNREADABLE:
        # one spoilt row must not hold the others: it is seen as failed, and named in the log
        log.error("a message cannot be read", extra={"delivery": str(row.id)})
        row.state, row.error = FAILED, "unreadable"
        return None
    window, template = desk.way(row.channel).window, made.template
    if window is None or (contact.window_until is not None and now < contact.window_until):
        template = None
    elif template is None:
        row.state, row.error = WINDOW_CLOSED, "no template"
        return None
    if row.seq is None:
        contact.last_seq += 1
        row.seq = contact.last_seq
    lives = None if row.not_after is None else max(1, int((row.not_after - now).total_seconds()))
    return Parcel(row.id, row.seq, to, made.spoken, row.kind, template, row.broadcast_id, made.edits, lives)


def _doubt(desk: Desk, row: Delivery, error: str, now: datetime) -> None:
    row.error = error
    if row.doubts < RESENDS.get(row.kind, 0):
        row.doubts += 1
        # a provider that tells what became of a message is given the time to
        row.state, row.due_at = PENDING, now + desk.way(row.channel).settles
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
    world = around(db, desk, contact, chat)
    again = counter.refresh(chat, world, desk.flows)
    write_chat(desk, contact, again.chat)
    put(db, desk, contact, row.channel, row.address, speak(desk, again.chat, again, world))
