"""A clerk's broadcast from its form to its launch: frozen, previewed, counted, confirmed, corrected, dropped."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from conversations.forms.kinds.message import FIELD, canonical
from conversations.language.texts import script
from conversations.staff.broadcast import FIRST_SEND, LAST_SEND, SEND_AHEAD_DAYS, filter_of, when_of
from conversations.values import Answers, Operation, OperationResult, Say, SubjectKind
from locales.speech import LANGUAGES
from models import broadcast
from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from services import attachments
from services.broadcasts.approval import CONFIRM_TTL, FORMS_OF_BROADCASTS, ask_approval
from services.broadcasts.audience import UnknownFilter, sort_audience
from services.broadcasts.controls import may_control, may_correct
from services.broadcasts.lifecycle import (
    CORRECTION_KIND,
    TEXT_KIND,
    drop_frozen,
    is_intact,
    launch_broadcast,
    lock_broadcast,
    repeats_recent_words,
    send_preview,
    undo_button,
)
from services.broadcasts.placeholders import text_hash
from services.context import Desk


def texts_of(desk: Desk, answers: Answers) -> dict[str, str] | None:
    """Return the words of a form in both languages, their placeholders named; None when one is missing, or is not in
    its language.
    """
    texts = {}
    for language in LANGUAGES:
        text = canonical(str(answers.get(f"text_{language}", "")), desk.spellings)
        if text is None or script(FIELD.sub(" ", text)) != language:
            return None
        texts[language] = text
    return texts


def departure_of(desk: Desk, answers: Answers) -> datetime | None:
    """Return the moment (UTC) a form asks a broadcast to leave at; None for now. Raises ValueError for a moment
    past, or at night.
    """
    chosen = when_of(answers)
    if chosen is None:
        return None
    day, hour = date.fromisoformat(chosen[0]), time.fromisoformat(chosen[1])
    at = desk.clock.at(datetime.combine(day, hour))
    if at <= desk.clock.now() or day > desk.clock.today() + timedelta(days=SEND_AHEAD_DAYS):
        raise ValueError("no moment to come")
    if not FIRST_SEND <= hour <= LAST_SEND:
        raise ValueError("an hour at night")
    return at


def freeze_broadcast(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Freeze the audience of a form and preview the words to their author by the real path. Returns the form that
    asks for the count; refused when nobody is meant or something is missing.
    """
    texts = texts_of(desk, operation.answers)
    if texts is None:
        return _refused("text")
    try:
        at = departure_of(desk, operation.answers)
    except (ValueError, KeyError):
        return _refused("moment")
    attachment_id, wait = attachments.attachment_ready(db, desk, contact, operation.answers.get("beside"))
    if wait is not None:
        return OperationResult((Say(f"broadcast.refused.{wait}"),), refused=True)
    try:
        where = filter_of(operation.answers)
        found = sort_audience(db, desk, where, texts)
    except (UnknownFilter, KeyError):  # a filter that is half there is nobody's
        return OperationResult((Say("broadcast.ready.nobody"),), refused=True)
    if not found.kept:
        repeated = bool(found.left.get("repeated"))
        return _refused("repeated") if repeated else OperationResult((Say("broadcast.ready.nobody"),), refused=True)
    frozen, count, digest = broadcast.pack_audience(id for id, _, _ in found.kept)
    row = Broadcast(
        kind=TEXT_KIND,
        state=BroadcastState.FROZEN,
        author_id=contact.id,
        texts=texts,
        text_hash=text_hash(texts),
        audience=where,
        frozen=frozen,
        count=count,
        hash=digest,
        left_out=dict(found.left),
        attachment_id=attachment_id,
        given={"at": at.isoformat()} if at else None,
        created_at=desk.clock.now(),
    )
    return _to_confirm(db, desk, contact, row)


def freeze_correction(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Freeze other words for exactly those whom the first ones reached. Returns the form that asks for the count."""
    texts = texts_of(desk, operation.answers)
    if texts is None:
        return _refused("text")
    first = lock_broadcast(db, int(operation.answers["broadcast"]))
    if first is None or not may_correct(first) or not may_control(db, contact, first):
        return OperationResult((Say("desk.done_already"),), refused=True)
    frozen, count, digest = broadcast.pack_audience(broadcast.contacts_reached(db, first.id))
    if not count:
        return OperationResult((Say("broadcast.ready.nobody"),), refused=True)
    row = Broadcast(
        kind=CORRECTION_KIND,
        state=BroadcastState.FROZEN,
        author_id=contact.id,
        texts=texts,
        text_hash=text_hash(texts),
        original_id=first.id,
        frozen=frozen,
        count=count,
        hash=digest,
        created_at=desk.clock.now(),
    )
    return _to_confirm(db, desk, contact, row)


def _refused(why: str) -> OperationResult:
    return OperationResult((Say(f"broadcast.refused.{why}"),), refused=True)


def _to_confirm(db: Session, desk: Desk, contact: Contact, row: Broadcast) -> OperationResult:
    db.add(row)
    db.flush()
    send_preview(db, desk, contact, row, "preview")
    given = {"broadcast": row.id, "expected": row.count}
    return OperationResult((Say("broadcast.frozen"),), opens=("confirm", given))


def send_test(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Send the words as they stand to their author alone; nothing is frozen. Returns what the author is told."""
    texts = texts_of(desk, operation.answers)
    if texts is None:
        return _refused("text")
    attachment_id, wait = attachments.attachment_ready(db, desk, contact, operation.answers.get("beside"))
    if wait is not None:
        return OperationResult((Say(f"broadcast.refused.{wait}"),), refused=True)
    try:
        where = filter_of(operation.answers)
    except KeyError:  # not chosen yet
        where = {}
    row = Broadcast(kind=TEXT_KIND, texts=texts, attachment_id=attachment_id, id=0, audience=where)
    send_preview(db, desk, contact, row, "test")
    return OperationResult((Say("broadcast.tested"),), stays=True)


def confirm_broadcast(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Launch a frozen broadcast whose count was typed: at once, at its hour, or once a second person agrees. Returns
    what its author is told, with the button that takes it back.
    """
    row = _mine(db, contact, operation, BroadcastState.FROZEN)
    now = desk.clock.now()
    if row is None:
        return OperationResult((Say("desk.done_already"),), done=False)
    if now - row.created_at > CONFIRM_TTL:
        drop_frozen(db, row)
        return OperationResult((Say("broadcast.refused.old"),), done=False)
    if operation.answers.get("count") != row.count or not is_intact(row):
        return OperationResult((Say("desk.unclear.other_count"),), done=False)
    first = None if row.original_id is None else lock_broadcast(db, row.original_id)
    if first is not None and not may_correct(first):  # it went on meanwhile, to others than those counted
        drop_frozen(db, row)
        return _refused("old")
    if repeats_recent_words(db, desk, row):
        drop_frozen(db, row)
        return _refused("repeated")
    if desk.policy.approve_above and row.count > desk.policy.approve_above:
        return ask_approval(db, desk, contact, row)
    says = launch_broadcast(db, desk, row)
    return OperationResult(
        tuple(says), undo_button(row), about=SubjectKind.CONTROL.of(row.id), drops=FORMS_OF_BROADCASTS
    )


def drop_broadcast(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Drop a broadcast before anything left, because its author thought better of it. Returns what the author is
    told.
    """
    row = _mine(db, contact, operation, BroadcastState.FROZEN)
    if row is not None:
        drop_frozen(db, row)
    return OperationResult((Say("broadcast.dropped"),))


def _mine(db: Session, contact: Contact, operation: Operation, state: str) -> Broadcast | None:
    """The author's own message, if it still stands there."""
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    return row if row is not None and row.author_id == contact.id and row.state == state else None
