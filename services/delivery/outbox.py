"""What leaves: the intent committed, the channel called by a lane, the result recorded."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial
from uuid import UUID

from sqlalchemy.orm import Session

from conversations.desk import open_forms
from models import delivery
from models.broadcast import Broadcast, BroadcastState, broadcasts_in
from models.contact import Address, Contact, lock_contact, muted_kinds, unseal_address
from models.delivery import UNASKED, Delivery, DeliveryKind, DeliveryState, Reason
from models.outage import is_outage, is_race
from models.ready import Ready, ready_broadcast, ready_notices, ready_replies
from models.sealed import UNREADABLE
from models.session import lock_sessions
from services.chats import read_chat, write_chat
from services.context import Desk
from services.delivery.rendering import render
from services.hold import current_hold
from services.outbox.daily_limit import DailyLimit, postpone
from services.outbox.made import NothingToSay, Rendered, words_hash
from services.outbox.messages import enqueue_reply, spoken_reply
from services.outbox.send_outcomes import apply_error, close_delivery, mark_uncertain
from services.outbox.sending import Outgoing, SendError
from services.restore_guard import clock_is_doubted
from services.turns.lookups import turn_context

log = logging.getLogger(__name__)

STALE_REPLY = timedelta(minutes=15)
MOST_LOOKS = 20  # at most in one transaction, while all that is found is closed
# What a person who wants no such messages calls each kind.
MUTED_AS: Mapping[str, str] = {
    DeliveryKind.SESSION: "sessions",
    DeliveryKind.BROADCAST: "news",
    DeliveryKind.NUDGE: "file",
}


@dataclass(frozen=True, slots=True)
class SendResult:
    """How one send ended: the provider's id, or an error."""

    id: UUID
    provider_id: str | None = None
    error: SendError | None = None


Leave = Callable[[Delivery, Address, Contact], Outgoing | None]


def take(
    db: Session,
    desk: Desk,
    channel: str,
    owner: str,
    most: int,
    bulk: int | None = None,
    answers: int | None = None,
    careful: bool = False,
) -> list[Outgoing]:
    """Commit the intent to send what may leave now. Returns it: replies first; of broadcasts at most `bulk`, of
    all others at most `answers`.

    What should not leave any more is closed on the way: a reply that waited `STALE_REPLY` (its question is asked
    afresh), what is too late, what the person has stopped since; when all broadcasts found are closed, the next are
    looked at.

    `careful`, after a look that failed: each message on a savepoint of its own. One that meets a bug is undone alone,
    logged with its trace and counted as failed; the others leave.
    """
    going = _going(db, desk)  # kept here: else each row would load its own anew
    lock_sessions(db, [row.session_id for row in going if row.session_id is not None])
    outgoings: list[Outgoing] = []
    for _ in range(MOST_LOOKS):
        some = _answers(db, desk, channel, most if answers is None else answers)
        room = most - len(some)
        found = some + _to_many(db, desk, channel, room if bulk is None else min(room, bulk), going)
        outgoings = _taken(db, desk, channel, owner, found, careful)
        if outgoings or not found or any(row.broadcast_id is None for row, _, _ in found):
            break
    return outgoings


def _going(db: Session, desk: Desk) -> Sequence[Broadcast]:
    """What may leave to many: nothing that is held, nothing at all by a clock nobody believes."""
    going = broadcasts_in(db, BroadcastState.GOING)
    if not going:
        return going
    if clock_is_doubted(db, desk):
        return ()
    hold = current_hold(db)
    return going if hold is None else [row for row in going if not hold.covers(row)]


def _answers(db: Session, desk: Desk, channel: str, most: int) -> Ready:
    """Replies, then notices: at night only what one person awaits of another."""
    now = desk.clock.now()
    found = ready_replies(db, channel, now, most) if most > 0 else []
    if len(found) < most:
        quiet = desk.policy.is_quiet(desk.clock.wall(now))
        found += ready_notices(db, channel, now, most - len(found), quiet=quiet)
    return found


def _to_many(db: Session, desk: Desk, channel: str, most: int, going: Sequence[Broadcast]) -> Ready:
    """Broadcasts: at night only that a session of the early morning is not as people think."""
    now = desk.clock.now()
    quiet = desk.policy.is_quiet(desk.clock.wall(now))
    found: Ready = []
    for row in going:
        if len(found) < most and (row.urgent or not quiet):
            found += ready_broadcast(db, channel, row.id, now, most - len(found))
    return found


def _taken(db: Session, desk: Desk, channel: str, owner: str, found: Ready, careful: bool) -> list[Outgoing]:
    now = desk.clock.now()
    tier = cache(lambda: DailyLimit(db, desk, channel, now))
    leave: Leave = partial(_leaves, db, desk, owner, now, tier)
    if careful:
        leave = partial(_alone, db, leave)
    outgoings = [leave(row, address, contact) for row, address, contact in found]
    return [outgoing for outgoing in outgoings if outgoing is not None]


def _alone(db: Session, leave: Leave, row: Delivery, address: Address, contact: Contact) -> Outgoing | None:
    """`leave` on a savepoint of its own: a bug is undone, logged and counted against this message alone."""
    try:
        with db.begin_nested():
            return leave(row, address, contact)
    except Exception as error:  # marked place 2 of 3: one message must not hold the others
        if is_outage(error) or is_race(error):
            raise
        log.exception("a message met a bug", extra={"delivery": str(row.id)})
        close_delivery(row, DeliveryState.FAILED, Reason.FAULT)
        return None


def _leaves(
    db: Session,
    desk: Desk,
    owner: str,
    now: datetime,
    tier: Callable[[], DailyLimit],
    row: Delivery,
    address: Address,
    contact: Contact,
) -> Outgoing | None:
    """Return the message on its way; None when it does not leave now: its row says why."""
    if row.kind == DeliveryKind.REPLY and now - row.created_at > STALE_REPLY:
        _cancel_stale(db, desk, row)
        return None
    if _closed(row, contact, now) or (leaves := _made(db, desk, row, address, contact)) is None:
        return None
    made, to = leaves
    if _in_window(desk, row, contact, now):
        made = replace(made, template=None)
    elif made.template is None:
        close_delivery(row, DeliveryState.WINDOW_CLOSED, Reason.WINDOW)
        return None
    else:
        if not tier().spend(contact.id) and row.kind in UNASKED:
            of = None if row.broadcast_id is None else db.get_one(Broadcast, row.broadcast_id)
            postpone(row, of, tier().again_at())
            return None
        row.initiated = True
    return _parcel(desk, row, contact, made, to, owner, now)


def record_results(db: Session, desk: Desk, owner: str, results: Sequence[SendResult]) -> int:
    """Record how sends ended; of a delivery somebody else owns by now, nothing changes. Returns how many were
    recorded.
    """
    now, recorded = desk.clock.now(), 0
    for result in results:
        if result.error is None:
            recorded += delivery.mark_sent(db, result.id, owner, now, result.provider_id)
            continue
        row = db.get(Delivery, result.id, with_for_update=True)
        if row is None or row.state != DeliveryState.SENDING or row.owner != owner:
            continue
        apply_error(db, desk, row, result.error, now)
        recorded += 1
    return recorded


def recover_uncertain(
    db: Session, desk: Desk, channel: str, flying: Collection[UUID] = (), older: timedelta = timedelta(0)
) -> int:
    """Recover deliveries left in `sending` for longer than `older` by a lane that died, but for those `flying`:
    resend once or mark unknown, by policy. Returns how many.
    """
    rows = delivery.uncertain_sends(db, channel, flying, desk.clock.now() - older if older else None)
    for row in rows:
        mark_uncertain(desk, row, Reason.UNSURE, desk.clock.now())
    return len(rows)


def _closed(row: Delivery, contact: Contact, now: datetime) -> bool:
    """Whether it should not leave any more; its row says why."""
    if row.kind in UNASKED and (contact.stopped_at is not None or MUTED_AS.get(row.kind) in muted_kinds(contact)):
        close_delivery(row, DeliveryState.CANCELLED, Reason.STOPPED)
    elif row.kind in UNASKED and contact.unreachable_at is not None:
        close_delivery(row, DeliveryState.UNDELIVERABLE, Reason.BLOCKED)
    elif row.not_after is not None and now >= row.not_after:
        close_delivery(row, DeliveryState.CANCELLED, Reason.LATE)
    return row.state != DeliveryState.PENDING


def _made(db: Session, desk: Desk, row: Delivery, address: Address, contact: Contact) -> tuple[Rendered, str] | None:
    """The message with its words, and where it goes; None when it cannot leave: its row says why."""
    try:
        with db.no_autoflush:  # it only reads, and each row need not be written down before the next
            return render(db, desk, row, contact), unseal_address(desk.sealer, address)
    except NothingToSay as undone:
        close_delivery(row, DeliveryState.CANCELLED, undone.reason)
    except UNREADABLE:
        # one spoilt row must not hold the others: it is seen as failed, and named in the log
        log.error("a message cannot be read", extra={"delivery": str(row.id)})
        close_delivery(row, DeliveryState.FAILED, Reason.UNREADABLE)
    return None


def _in_window(desk: Desk, row: Delivery, contact: Contact, now: datetime) -> bool:
    """Whether free words may be sent."""
    free = desk.traits(row.channel).window is None
    return free or (contact.window_until is not None and now < contact.window_until)


def _parcel(
    desk: Desk, row: Delivery, contact: Contact, made: Rendered, to: str, owner: str, now: datetime
) -> Outgoing:
    """The intent to send it, with the next number of its contact."""
    if row.seq is None:
        contact.last_seq += 1
        row.seq = contact.last_seq
    row.state, row.owner, row.taken_at, row.words = DeliveryState.SENDING, owner, now, words_hash(desk, made)
    row.attempts += 1
    lives = None if row.not_after is None else max(1, int((row.not_after - now).total_seconds()))
    return Outgoing(row.id, row.seq, to, made.spoken, row.kind, made.template, row.broadcast_id, made.edits, lives)


def _cancel_stale(db: Session, desk: Desk, row: Delivery) -> None:
    row.state, row.reason = DeliveryState.CANCELLED, Reason.LATE
    contact = lock_contact(db, row.contact_id)
    if contact.last_seq != row.seq:
        return
    try:
        chat = read_chat(desk, contact)
    except UNREADABLE:
        log.error("a conversation cannot be read", extra={"contact": str(contact.id)})
        return
    context = turn_context(db, desk, contact, chat)
    again = open_forms.refresh(chat, context, desk.flows)
    write_chat(desk, contact, again.chat)
    enqueue_reply(db, desk, contact, row.channel, row.address, spoken_reply(desk, again.chat, again, context))
