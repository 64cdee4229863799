"""A clerk's message to many: frozen, counted, agreed to, sent, held back, taken up, taken back, corrected."""

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from conversations.forms.kinds.message import FIELD, canonical
from conversations.language.texts import script
from conversations.staff.broadcast import AHEAD, FIRST, LAST, filter_of, when_of
from conversations.values import Answers, Deed, Done, Say
from locales.speech import LANGUAGES
from models import broadcast
from models.broadcast import DROPPED, FROZEN, Broadcast
from models.contact import Contact
from services.broadcasts import attachments
from services.broadcasts.approval import FRESH, ask_approval
from services.broadcasts.audience import NoFilter, sort_out
from services.broadcasts.controls import hers, may_correct
from services.broadcasts.lifecycle import CORRECTION, KIND, held, intact, launch, preview, repeats, undo_offer
from services.broadcasts.placeholders import text_hash
from services.context import Desk


def texts_of(desk: Desk, answers: Answers) -> dict[str, str] | None:
    """Both texts with their blanks named; None when one is missing, or is not in its language."""
    texts = {}
    for language in LANGUAGES:
        text = canonical(str(answers.get(f"text_{language}", "")), desk.spellings)
        if text is None or script(FIELD.sub(" ", text)) != language:
            return None
        texts[language] = text
    return texts


def moment_of(desk: Desk, answers: Answers) -> datetime | None:
    """When it is to leave; None: now. ValueError: a moment nobody may choose."""
    chosen = when_of(answers)
    if chosen is None:
        return None
    day, hour = date.fromisoformat(chosen[0]), time.fromisoformat(chosen[1])
    at = desk.clock.at(datetime.combine(day, hour))
    if at <= desk.clock.now() or day > desk.clock.today() + timedelta(days=AHEAD):
        raise ValueError("no moment to come")
    if not FIRST <= hour <= LAST:
        raise ValueError("an hour at night")
    return at


def freeze(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Freeze the audience and show the author what people will get, by the way they will get it."""
    texts = texts_of(desk, deed.answers)
    if texts is None:
        return _refused("text")
    try:
        at = moment_of(desk, deed.answers)
    except (ValueError, KeyError):
        return _refused("moment")
    attachment_id, wait = attachments.wanted(db, desk, contact, deed.answers.get("beside"))
    if wait is not None:
        return Done((Say(f"broadcast.refused.{wait}"),), refused=True)
    try:
        where = filter_of(deed.answers)
        found = sort_out(db, desk, where, texts)
    except (NoFilter, KeyError):  # a filter that is half there is nobody's
        return Done((Say("broadcast.ready.nobody"),), refused=True)
    if not found.kept:
        repeated = bool(found.left.get("repeated"))
        return _refused("repeated") if repeated else Done((Say("broadcast.ready.nobody"),), refused=True)
    frozen, count, digest = broadcast.packed(id for id, _, _ in found.kept)
    row = Broadcast(
        kind=KIND,
        state=FROZEN,
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


def amend(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Other words for exactly those the first ones reached: frozen, and counted, like any message."""
    texts = texts_of(desk, deed.answers)
    if texts is None:
        return _refused("text")
    first = held(db, int(deed.answers["broadcast"]))
    if first is None or not may_correct(first) or not hers(db, contact, first):
        return Done((Say("desk.done_already"),), refused=True)
    frozen, count, digest = broadcast.packed(broadcast.reached(db, first.id))
    if not count:
        return Done((Say("broadcast.ready.nobody"),), refused=True)
    row = Broadcast(
        kind=CORRECTION,
        state=FROZEN,
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


def _refused(why: str) -> Done:
    return Done((Say(f"broadcast.refused.{why}"),), refused=True)


def _to_confirm(db: Session, desk: Desk, contact: Contact, row: Broadcast) -> Done:
    db.add(row)
    db.flush()
    preview(db, desk, contact, row, "preview")
    given = {"broadcast": row.id, "expected": row.count}
    return Done((Say("broadcast.frozen"),), opens=("confirm", given))


def test(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The message as it stands, to its author alone; nothing is frozen."""
    texts = texts_of(desk, deed.answers)
    if texts is None:
        return _refused("text")
    attachment_id, wait = attachments.wanted(db, desk, contact, deed.answers.get("beside"))
    if wait is not None:
        return Done((Say(f"broadcast.refused.{wait}"),), refused=True)
    try:
        where = filter_of(deed.answers)
    except KeyError:  # not chosen yet
        where = {}
    row = Broadcast(kind=KIND, texts=texts, attachment_id=attachment_id, id=0, audience=where)
    preview(db, desk, contact, row, "test")
    return Done((Say("broadcast.tested"),), stays=True)


def send(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The count was typed: it goes, or waits for its hour, or for a second person."""
    row = _mine(db, contact, deed, FROZEN)
    now = desk.clock.now()
    if row is None:
        return Done((Say("desk.done_already"),))
    if now - row.created_at > FRESH:
        row.state = DROPPED
        return Done((Say("broadcast.refused.old"),))
    if deed.answers.get("count") != row.count or not intact(row):
        return Done((Say("desk.unclear.other_count"),))
    first = None if row.original_id is None else held(db, row.original_id)
    if first is not None and not may_correct(first):  # it went on meanwhile, to others than those counted
        row.state = DROPPED
        return _refused("old")
    if repeats(db, desk, row):
        row.state = DROPPED
        return _refused("repeated")
    if desk.policy.approve_above and row.count > desk.policy.approve_above:
        return ask_approval(db, desk, contact, row)
    says = launch(db, desk, row)
    return Done(tuple(says), undo_offer(row), about=f"sending:{row.id}", drops=("broadcast", "correct"))


def drop(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The author thought better of it, before anything left."""
    row = _mine(db, contact, deed, FROZEN)
    if row is not None:
        row.state = DROPPED
    return Done((Say("broadcast.dropped"),))


def _mine(db: Session, contact: Contact, deed: Deed, state: str) -> Broadcast | None:
    """The author's own message, if it still stands there."""
    row = held(db, int(deed.answers["broadcast"]))
    return row if row is not None and row.author_id == contact.id and row.state == state else None
