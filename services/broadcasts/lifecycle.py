"""A message to many on its way: agreed to, departed, shown to its author, taken back."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.values import Blank, Named, Offer, Reply, Say
from locales.speech import LANGUAGES
from models import broadcast
from models.broadcast import CLOSED, GOING, PAUSED, SCHEDULED, UNDONE, Broadcast
from models.contact import Contact
from models.delivery import PENDING
from services.broadcasts import words
from services.broadcasts.fanout import LOT, put_down
from services.broadcasts.placeholders import needed, text_hash
from services.context import Desk
from services.outbox.daily_limit import LIVES
from services.outbox.messages import notify
from services.people import assessments

KIND, CORRECTION = "broadcast", "correction"
CHANGED = {"changed": "yes"}
LATE_BY = timedelta(hours=1)  # of one that waited for its hour
CARD_FROM = 50  # people, from which its author is shown how far it is


def held(db: Session, id: int) -> Broadcast | None:
    """A message by its number, held against other processes until this transaction ends."""
    return db.scalars(sa.select(Broadcast).where(Broadcast.id == id).with_for_update()).one_or_none()


def preview(db: Session, desk: Desk, to: Contact, row: Broadcast, head: str) -> None:
    """What people will get, in each language, by the way they will get it."""
    example = (Say("broadcast.sample"),) if needed(row.texts or {}) else ()
    for language in LANGUAGES:
        first = Say(f"broadcast.{head}", {"language": Say(f"broadcast.in.{language}")})
        said = words.preview(db, desk, row, language)
        reply = Reply((first, *example, *said.text), said.options, said.media, numbered=False)
        notify(db, desk, to, reply, f"broadcast:{row.id}", language)


def intact(row: Broadcast) -> bool:
    """Whether words and people are those that were frozen."""
    try:
        broadcast.people(row)
    except ValueError:
        return False
    return row.texts is not None and text_hash(row.texts) == row.text_hash


def repeats(db: Session, desk: Desk, row: Broadcast) -> bool:
    """Whether somebody of its people was told the very same meanwhile: frozen twice, it leaves once."""
    told = broadcast.told_so(db, text_hash(row.texts or {}), desk.clock.now(), but=row.id)
    return bool(told) and not told.isdisjoint(broadcast.people(row))


def launch(db: Session, desk: Desk, row: Broadcast) -> list[Say]:
    """It is decided: on its way, or waiting for its hour. What its author is told."""
    now = desk.clock.now()
    stays = _in_the_place_of(db, row)
    at = datetime.fromisoformat(row.given["at"]) if row.given and "at" in row.given else None
    row.trial = desk.policy.trial if desk.policy.trial and row.count > 2 * desk.policy.trial else None
    row.trial = None if row.kind == CORRECTION else row.trial
    row.due_at = max(at or now, now + desk.policy.undo)
    row.not_after = row.due_at + LIVES
    if row.audience == CHANGED:
        assessments.told(db, desk, broadcast.people(row))
    if at is not None and at > now + desk.policy.undo:
        row.state = SCHEDULED
        return [Say("broadcast.scheduled", {"number": row.count, "when": desk.clock.wall(at)}, count=row.count)]
    depart(db, desk, row)
    if desk.policy.is_quiet(desk.clock.wall(row.due_at)):
        return [Say("broadcast.quiet", {"number": row.count}, count=row.count), *stays]
    seconds = Named.same(str(int(desk.policy.undo.total_seconds())))
    said: dict[str, Blank] = {"number": row.count, "seconds": seconds}
    return [Say("broadcast.going", said, count=row.count), *stays]


def _in_the_place_of(db: Session, row: Broadcast) -> list[Say]:
    """Of what it corrects nothing more leaves."""
    first = None if row.original_id is None else held(db, row.original_id)
    if first is None or first.state != PAUSED:
        return []
    first.state, first.why = UNDONE, None
    return [Say("correct.rest")]


def undo_offer(row: Broadcast) -> tuple[Offer, ...]:
    """The button that takes it back, as long as it may be."""
    return (actions.offer("undo", "yes", row.id),) if row.state in (GOING, SCHEDULED) else ()


def depart(db: Session, desk: Desk, row: Broadcast) -> None:
    """On its way: the first people have their rows, the clock puts down the others; its author has a card."""
    row.state, row.why = GOING, None
    row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    put_down(db, desk, row)
    author = db.get_one(Contact, row.author_id)
    if row.count >= CARD_FROM and author.channel in desk.edits and row.card is None:
        row.card = notify(db, desk, author, progress(db, row), about=f"sending:{row.id}")


def progress(db: Session, row: Broadcast) -> Reply:
    """How far it is, and what may be done with it."""
    found = broadcast.balance(db, row)
    left = found.get(PENDING, 0)
    numbers = {"done": Named.same(str(row.count - left)), "number": Named.same(str(row.count))}
    name = row.state if row.state in (GOING, PAUSED, UNDONE) else CLOSED
    says = Say(f"broadcast.card.{name}", {"id": Named.same(str(row.id)), **numbers})
    offers = {GOING: ("pause", "cancel"), PAUSED: ("resume", "cancel")}.get(row.state, ())
    return Reply((says,), tuple(actions.offer("run", each, row.id) for each in offers), numbered=False)


def unwind(db: Session, desk: Desk, row: Broadcast) -> bool:
    """The next lot of what was taken back comes to its end; whether all has."""
    cancelled = broadcast.withdraw(db, row.id, LOT)
    row.trial = None
    put = put_down(db, desk, row)
    if cancelled == LOT or put == LOT or broadcast.open_rows(db, row):
        return False
    row.closed_at = desk.clock.now()
    if row.audience == CHANGED:
        assessments.untold(db, broadcast.withdrawn(db, row.id))
    return True
