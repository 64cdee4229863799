"""What leaves: the intent committed, the channel called by a lane, the result recorded."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from sqlalchemy.orm import Session

from conversations.desk import open_forms
from models import delivery
from models.broadcast import GOING, Broadcast, standing
from models.contact import Address, Contact, locked, muted, unseal_address
from models.delivery import (
    BROADCAST,
    CANCELLED,
    FAILED,
    NUDGE,
    PENDING,
    REPLY,
    SENDING,
    SESSION,
    UNASKED,
    UNDELIVERABLE,
    WINDOW_CLOSED,
    Delivery,
    Reason,
)
from models.outage import is_outage, is_race
from models.ready import Ready, ready_bulk, ready_notices, ready_replies
from models.sealed import UNREADABLE
from models.session import hold
from services.chats import read_chat, write_chat
from services.context import Desk
from services.delivery.rendering import rendered
from services.outbox.daily_limit import Tier, put_off
from services.outbox.made import Made, Undone, known_by
from services.outbox.messages import put, speak
from services.outbox.send_outcomes import close, doubt, failed
from services.outbox.sending import Parcel, SendError
from services.turns.lookups import around

log = logging.getLogger(__name__)

STALE = timedelta(minutes=15)
LOOKS = 20  # at most in one transaction, while all that is found is closed
# What a person who wants no such messages calls each kind.
KINDS = {SESSION: "sessions", BROADCAST: "news", NUDGE: "file"}


@dataclass(frozen=True, slots=True)
class Result:
    """How one send ended: the provider's id, or an error."""

    id: UUID
    provider_id: str | None = None
    error: SendError | None = None


def take(
    db: Session,
    desk: Desk,
    channel: str,
    owner: str,
    most: int,
    bulk: int | None = None,
    answers: int | None = None,
    careful: bool = False,
) -> list[Parcel]:
    """Commit the intent to send the messages that may leave now: replies first; of those to many at most
    `bulk`, of all others at most `answers`.

    What should not leave any more is closed on the way: a reply that waited 15 minutes (its
    question is put down afresh), what is too late, what the person has stopped since; of messages to many,
    when all that were found are closed, the next are looked at.

    `careful`, after a look that failed: each message on a savepoint of its own. One that meets a bug is
    undone alone, logged with its trace and counted as failed; the others leave.
    """
    going = standing(db, GOING)  # kept here: else each row would load its own anew
    hold(db, [row.session_id for row in going if row.session_id is not None])
    for _ in range(LOOKS):
        some = _answers(db, desk, channel, most if answers is None else answers)
        room = most - len(some)
        found = some + _to_many(db, desk, channel, room if bulk is None else min(room, bulk), going)
        parcels = _taken(db, desk, channel, owner, found, careful)
        if parcels or not found or any(row.broadcast_id is None for row, _, _ in found):
            break
    return parcels


def _answers(db: Session, desk: Desk, channel: str, most: int) -> Ready:
    """Replies, then notices: at night only what one person awaits of another."""
    now = desk.clock.now()
    found = ready_replies(db, channel, now, most) if most > 0 else []
    if len(found) < most:
        quiet = desk.policy.is_quiet(desk.clock.wall(now))
        found += ready_notices(db, channel, now, most - len(found), quiet=quiet)
    return found


def _to_many(db: Session, desk: Desk, channel: str, most: int, going: Sequence[Broadcast]) -> Ready:
    """Messages to many: at night only that a meeting of the early morning is not as people think."""
    now = desk.clock.now()
    quiet = desk.policy.is_quiet(desk.clock.wall(now))
    found: Ready = []
    for row in going:
        if len(found) < most and (row.urgent or not quiet):
            found += ready_bulk(db, channel, row.id, now, most - len(found))
    return found


def _taken(db: Session, desk: Desk, channel: str, owner: str, found: Ready, careful: bool) -> list[Parcel]:
    now = desk.clock.now()
    tier = cache(lambda: Tier(db, desk, channel, now))
    leave = partial(_taken_alone if careful else _leaves, db, desk, owner, now, tier)
    parcels = [leave(row, address, contact) for row, address, contact in found]
    return [parcel for parcel in parcels if parcel is not None]


def _taken_alone(
    db: Session,
    desk: Desk,
    owner: str,
    now: datetime,
    tier: Callable[[], Tier],
    row: Delivery,
    address: Address,
    contact: Contact,
) -> Parcel | None:
    """`_leaves` on a savepoint of its own: a bug is undone, logged and counted against this message alone."""
    try:
        with db.begin_nested():
            return _leaves(db, desk, owner, now, tier, row, address, contact)
    except Exception as error:  # marked place 2 of 3: one message must not hold the others
        if is_outage(error) or is_race(error):
            raise
        log.exception("a message met a bug", extra={"delivery": str(row.id)})
        close(row, FAILED, Reason.FAULT)
        return None


def _leaves(
    db: Session,
    desk: Desk,
    owner: str,
    now: datetime,
    tier: Callable[[], Tier],
    row: Delivery,
    address: Address,
    contact: Contact,
) -> Parcel | None:
    """Return the message on its way; None when it does not leave now: its row says why."""
    if row.kind == REPLY and now - row.created_at > STALE:
        _cancel_stale(db, desk, row)
        return None
    if _closed(row, contact, now) or (leaves := _made(db, desk, row, address, contact)) is None:
        return None
    made, to = leaves
    if _in_window(desk, row, contact, now):
        made = replace(made, template=None)
    elif made.template is None:
        close(row, WINDOW_CLOSED, Reason.WINDOW)
        return None
    else:
        if not tier().spend(contact.id) and row.kind in UNASKED:
            of = None if row.broadcast_id is None else db.get_one(Broadcast, row.broadcast_id)
            put_off(row, of, tier().again_at())
            return None
        row.initiated = True
    return _parcel(desk, row, contact, made, to, owner, now)


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


def recover(
    db: Session, desk: Desk, channel: str, flying: Collection[UUID] = (), older: timedelta = timedelta(0)
) -> int:
    """What was left in doubt for so long, and is not in flight: sent again once, by the policy. How many
    there were."""
    rows = delivery.in_doubt(db, channel, flying, desk.clock.now() - older if older else None)
    for row in rows:
        doubt(desk, row, Reason.UNSURE, desk.clock.now())
    return len(rows)


def _closed(row: Delivery, contact: Contact, now: datetime) -> bool:
    """Whether it should not leave any more; its row says why."""
    if row.kind in UNASKED and (contact.stopped_at is not None or KINDS.get(row.kind) in muted(contact)):
        close(row, CANCELLED, Reason.STOPPED)
    elif row.kind in UNASKED and contact.unreachable_at is not None:
        close(row, UNDELIVERABLE, Reason.BLOCKED)
    elif row.not_after is not None and now >= row.not_after:
        close(row, CANCELLED, Reason.LATE)
    return row.state != PENDING


def _made(db: Session, desk: Desk, row: Delivery, address: Address, contact: Contact) -> tuple[Made, str] | None:
    """The message with its words, and where it goes; None when it cannot leave: its row says why."""
    try:
        with db.no_autoflush:  # it only reads, and each row need not be written down before the next
            return rendered(db, desk, row, contact), unseal_address(desk.sealer, address)
    except Undone as undone:
        close(row, CANCELLED, undone.reason)
    except UNREADABLE:
        # one spoilt row must not hold the others: it is seen as failed, and named in the log
        log.error("a message cannot be read", extra={"delivery": str(row.id)})
        close(row, FAILED, Reason.UNREADABLE)
    return None


def _in_window(desk: Desk, row: Delivery, contact: Contact, now: datetime) -> bool:
    """Whether free words may be sent."""
    free = desk.way(row.channel).window is None
    return free or (contact.window_until is not None and now < contact.window_until)


def _parcel(desk: Desk, row: Delivery, contact: Contact, made: Made, to: str, owner: str, now: datetime) -> Parcel:
    """The intent to send it, with the next number of its contact."""
    if row.seq is None:
        contact.last_seq += 1
        row.seq = contact.last_seq
    row.state, row.owner, row.taken_at, row.words = SENDING, owner, now, known_by(desk, made)
    row.attempts += 1
    lives = None if row.not_after is None else max(1, int((row.not_after - now).total_seconds()))
    return Parcel(row.id, row.seq, to, made.spoken, row.kind, made.template, row.broadcast_id, made.edits, lives)


def _cancel_stale(db: Session, desk: Desk, row: Delivery) -> None:
    row.state, row.reason = CANCELLED, Reason.LATE
    contact = locked(db, row.contact_id)
    if contact.last_seq != row.seq:
        return
    try:
        chat = read_chat(desk, contact)
    except UNREADABLE:
        log.error("a conversation cannot be read", extra={"contact": str(contact.id)})
        return
    world = around(db, desk, contact, chat)
    again = open_forms.refresh(chat, world, desk.flows)
    write_chat(desk, contact, again.chat)
    put(db, desk, contact, row.channel, row.address, speak(desk, again.chat, again, world))
