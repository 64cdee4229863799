"""The life of a broadcast: launched, started, shown to its author, cancelled batch by batch."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.values import Named, Offer, Placeholder, Reply, Say, SubjectKind
from locales.speech import LANGUAGES
from models import broadcast
from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from models.delivery import DeliveryState
from models.session import AwarenessSession, SessionState
from services.broadcasts import words
from services.broadcasts.fanout import BATCH_SIZE, enqueue_batch
from services.broadcasts.placeholders import placeholders_in, text_hash
from services.context import Desk
from services.outbox.daily_limit import NEWS_TTL
from services.outbox.messages import enqueue_before_reply, enqueue_notice
from services.people import assessments

TEXT_KIND, CORRECTION_KIND = "broadcast", "correction"
CHANGED_RESULTS = {"changed": "yes"}
LATE_AFTER = timedelta(hours=1)  # of one that waited for its hour
PROGRESS_CARD_FROM = 50  # people, from which its author is shown how far it is


def lock_broadcast(db: Session, id: int) -> Broadcast | None:
    """Return a broadcast by its number, locked until this transaction ends; None when there is none."""
    return db.scalars(sa.select(Broadcast).where(Broadcast.id == id).with_for_update()).one_or_none()


def send_preview(db: Session, desk: Desk, to: Contact, row: Broadcast, head: str) -> None:
    """Send its author what people will get, in each language, by the way they will get it."""
    filled = row.session_id is None and placeholders_in(row.texts or {})
    example = (Say("broadcast.sample"),) if filled else ()
    for language in LANGUAGES:
        first = Say(f"broadcast.{head}", {"language": Say(f"broadcast.in.{language}")})
        said = words.broadcast_preview(db, desk, row, language)
        reply = Reply((first, *example, *said.text), said.options, said.media, numbered=False)
        about = SubjectKind.BROADCAST.of(row.id)
        if to.id == row.author_id or row.author_id is None:  # hers is under way: what she is asked stands below it
            enqueue_before_reply(db, desk, to, reply, about, language)
        else:
            enqueue_notice(db, desk, to, reply, about, language)


def is_intact(row: Broadcast) -> bool:
    """Return whether words and people of a broadcast are those that were frozen."""
    try:
        broadcast.frozen_people(row)
    except ValueError:
        return False
    return row.texts is not None and text_hash(row.texts) == row.text_hash


def repeats_recent_words(db: Session, desk: Desk, row: Broadcast) -> bool:
    """Return whether somebody of its people was told the very same words within a day: frozen twice, it leaves once."""
    if row.session_id is not None:  # moved there and back, it says the same again
        return False
    told = broadcast.told_same_words(db, text_hash(row.texts or {}), desk.clock.now(), but=row.id)
    return bool(told) and not told.isdisjoint(broadcast.frozen_people(row))


def launch_broadcast(db: Session, desk: Desk, row: Broadcast) -> list[Say]:
    """Put a decided broadcast on its way, or have it wait for its hour. Returns what its author is told."""
    now = desk.clock.now()
    stays = _in_the_place_of(db, row)
    at = datetime.fromisoformat(row.given["at"]) if row.given and "at" in row.given else None
    row.trial = desk.policy.trial if desk.policy.trial and row.count > 2 * desk.policy.trial else None
    row.trial = None if row.kind == CORRECTION_KIND else row.trial
    row.due_at = max(at or now, now + desk.policy.undo)
    if row.session_id is None:
        row.not_after = row.due_at + NEWS_TTL
    if row.audience == CHANGED_RESULTS:
        assessments.record_notified(db, desk, broadcast.frozen_people(row))
    if at is not None and at > now + desk.policy.undo:
        row.state = BroadcastState.SCHEDULED
        return [Say("broadcast.scheduled", {"number": row.count, "when": desk.clock.wall(at)}, count=row.count)]
    if row.session_id is None:
        start_broadcast(db, desk, row)
    else:  # nothing is changed as long as it may be taken back: services/sessions/announcing.py starts it
        row.state = BroadcastState.SCHEDULED
    if desk.policy.is_quiet(desk.clock.wall(row.due_at)) and not row.urgent:
        return [Say("broadcast.quiet", {"number": row.count}, count=row.count), *stays]
    seconds = Named.same(str(int(desk.policy.undo.total_seconds())))
    said: dict[str, Placeholder] = {"number": row.count, "seconds": seconds}
    return [Say("broadcast.going", said, count=row.count), *stays]


def _in_the_place_of(db: Session, row: Broadcast) -> list[Say]:
    """Of what it corrects nothing more leaves."""
    first = None if row.original_id is None else lock_broadcast(db, row.original_id)
    if first is None or first.state != BroadcastState.PAUSED:
        return []
    first.state, first.why = BroadcastState.UNDONE, None
    return [Say("correct.rest")]


def drop_frozen(db: Session, row: Broadcast) -> None:
    """Drop a broadcast before its count was typed: its form is still there, so a session planned with it goes."""
    meeting = db.get(AwarenessSession, row.session_id) if (row.given or {}).get("made") else None
    if meeting is not None and meeting.state == SessionState.DRAFT:
        meeting.state = SessionState.CANCELLED
    broadcast.drop_broadcast_row(row)


def undo_button(row: Broadcast) -> tuple[Offer, ...]:
    """Return the button that takes a broadcast back, as long as it may be."""
    return (
        (actions.action_button("undo", "yes", row.id),)
        if row.state in (BroadcastState.GOING, BroadcastState.SCHEDULED)
        else ()
    )


def start_broadcast(db: Session, desk: Desk, row: Broadcast) -> None:
    """Start a broadcast: enqueue its first batch, and show its author the card of progress."""
    row.state, row.why = BroadcastState.GOING, None
    row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    enqueue_batch(db, desk, row)
    author = db.get_one(Contact, row.author_id)
    if row.count >= PROGRESS_CARD_FROM and desk.traits(author.channel).edits and row.card is None:
        row.card = enqueue_notice(db, desk, author, progress_reply(db, row), about=SubjectKind.CONTROL.of(row.id))


_OFFERED: Mapping[str, tuple[str, ...]] = {
    BroadcastState.GOING: ("pause", "cancel"),
    BroadcastState.PAUSED: ("resume", "cancel"),
}


def progress_reply(db: Session, row: Broadcast) -> Reply:
    """Return how far a broadcast is, with the buttons of what may be done with it."""
    found = broadcast.state_counts(db, row)
    left = found.get(DeliveryState.PENDING, 0)
    numbers = {"done": Named.same(str(row.count - left)), "number": Named.same(str(row.count))}
    name = (
        row.state
        if row.state in (BroadcastState.GOING, BroadcastState.PAUSED, BroadcastState.UNDONE)
        else BroadcastState.CLOSED
    )
    says = Say(f"broadcast.card.{name}", {"id": Named.same(str(row.id)), **numbers})
    buttons = tuple(actions.action_button("run", each, row.id) for each in _OFFERED.get(row.state, ()))
    return Reply((says,), buttons, numbered=False)


def cancel_batch(db: Session, desk: Desk, row: Broadcast) -> bool:
    """Cancel the next batch of a broadcast taken back, and close it once everybody has come to an end. Returns
    whether all have.
    """
    cancelled = broadcast.withdraw_pending(db, row.id, BATCH_SIZE)
    row.trial = None
    put = enqueue_batch(db, desk, row)
    if cancelled == BATCH_SIZE or put == BATCH_SIZE or broadcast.open_deliveries(db, row):
        return False
    row.closed_at = desk.clock.now()
    if row.audience == CHANGED_RESULTS:
        assessments.forget_notified(db, broadcast.cancelled_contacts(db, row.id))
    return True
