"""A clerk's message to many: frozen, counted, confirmed by typing the count, undone, balanced."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations import acts
from conversations.staff.broadcast import filter_of
from conversations.texts import script
from conversations.values import Blank, Deed, Done, Lines, Named, Reply, Say
from models import broadcast
from models.broadcast import CLOSED, DROPPED, FROZEN, GOING, UNDONE, Broadcast
from models.contact import Contact
from models.delivery import STATES
from services import assessments
from services.audience import NoFilter, people
from services.bulk import put_down
from services.desk import Desk
from services.messages import notify

KIND = "broadcast"
CHANGED = {"changed": "yes"}
FRESH = timedelta(minutes=15)
LIVES = timedelta(hours=24)  # not sent within a day, it is news no more


def freeze(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Freeze the audience and show the author what people will get, by the way they will get it."""
    texts = {"ar": str(deed.answers.get("text_ar", "")), "fr": str(deed.answers.get("text_fr", ""))}
    if any(script(text) != language for language, text in texts.items()):
        return Done((Say("broadcast.refused.text"),), refused=True)
    where, now = filter_of(deed.answers), desk.clock.now()
    try:
        found = broadcast.reachable(db, people(desk, where, now))
    except NoFilter:
        return Done((Say("broadcast.ready.nobody"),), refused=True)
    if not found:
        return Done((Say("broadcast.ready.nobody"),), refused=True)
    frozen, count, digest = broadcast.packed(found)
    row = Broadcast(
        kind=KIND, state=FROZEN, author_id=contact.id, texts=texts, audience=where, frozen=frozen,
        count=count, hash=digest, created_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    for language in texts:
        head = Say("broadcast.preview", {"language": Say(f"broadcast.in.{language}")})
        said = Say("told.broadcast", {"text": Named.same(texts[language])})
        preview = Reply((head, said, Say("told.stop")))
        notify(db, desk, contact, preview, f"broadcast:{row.id}", language)
    given = {"broadcast": row.id, "expected": count}
    return Done((Say("broadcast.frozen"),), opens=("confirm", given))


def send(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The count was typed: one row a person, due when the time to undo is over."""
    row = _mine(db, contact, deed, FROZEN)
    now = desk.clock.now()
    if row is None:
        return Done((Say("desk.done_already"),))
    if now - row.created_at > FRESH:
        row.state = DROPPED
        return Done((Say("broadcast.refused.old"),))
    ids = broadcast.people(row)
    if deed.answers.get("count") != row.count or len(ids) != row.count:
        return Done((Say("desk.unclear.other_count"),))
    row.state, row.due_at = GOING, now + desk.policy.undo
    put_down(db, desk, row, ids, row.due_at, now + LIVES)
    if row.audience == CHANGED:
        assessments.told(db, desk, ids)
    seconds = Named.same(str(int(desk.policy.undo.total_seconds())))
    said: dict[str, Blank] = {"number": row.count, "seconds": seconds}
    says = [Say("broadcast.going", said, count=row.count)]
    if desk.policy.is_quiet(desk.clock.wall(row.due_at)):
        says.append(Say("broadcast.quiet"))
    return Done(
        tuple(says), (acts.offer("undo", "yes", row.id),), about=f"sending:{row.id}", drops=("broadcast",)
    )


def drop(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The author thought better of it, before anything left."""
    row = _mine(db, contact, deed, FROZEN)
    if row is not None:
        row.state = DROPPED
    return Done((Say("broadcast.dropped"),))


def undo(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Taken back: what has not left is cancelled; what had already left is told."""
    row = _mine(db, contact, deed, GOING)
    if row is None:
        late = _mine(db, contact, deed, CLOSED)
        if late is None:
            return Done((Say("desk.done_already"),), refused=True)
        return Done((Say("broadcast.too_late", {"number": late.count}, count=late.count),), refused=True)
    row.state, row.closed_at = UNDONE, desk.clock.now()
    cancelled = broadcast.withdraw(db, row.id, "undone")
    if row.audience == CHANGED:
        assessments.untold(db, broadcast.withdrawn(db, row.id))
    gone = row.count - cancelled
    if gone == 0:
        return Done((Say("broadcast.undone.all"),))
    return Done((Say("broadcast.undone.some", {"number": gone}, count=gone),))


def _mine(db: Session, contact: Contact, deed: Deed, state: str) -> Broadcast | None:
    """The author's own message, if it still stands there."""
    found = sa.select(Broadcast).where(Broadcast.id == deed.answers["broadcast"]).with_for_update()
    row = db.scalars(found).one_or_none()
    return row if row is not None and row.author_id == contact.id and row.state == state else None


# -- what the clock looks at ------------------------------------------------------------------

HALFWAY_FROM = 50


def watch(db: Session, desk: Desk) -> int:
    """Tell the author at half of the way, and at its end with the balance. How many came to an end."""
    ended = 0
    going = broadcast.going(db)
    if going:
        broadcast.expire(db, desk.clock.now())
    for row in going:
        left = broadcast.open_rows(db, row.id)
        author = db.get_one(Contact, row.author_id)
        if left == 0:
            row.state, row.closed_at = CLOSED, desk.clock.now()
            notify(db, desk, author, balance(db, row), about=f"broadcast:{row.id}")
            ended += 1
        elif not row.halfway and row.count >= HALFWAY_FROM and left * 2 <= row.count:
            row.halfway = True
            numbers = {"done": Named.same(str(row.count - left)), "number": Named.same(str(row.count))}
            notify(db, desk, author, Reply((Say("broadcast.halfway", numbers),)), about=f"broadcast:{row.id}")
    return ended


def balance(db: Session, row: Broadcast) -> Reply:
    """The closing balance: every state, and their sum, which is the frozen count."""
    found = broadcast.balance(db, row.id)
    name = "balance" if row.session_id is None else f"balance.{row.kind}"
    head = Say(f"broadcast.{name}", {"id": Named.same(str(row.id))})
    says = [
        Say(f"broadcast.state.{state}", {"number": Named.same(str(found[state]))})
        for state in STATES
        if found.get(state)
    ]
    total = Say("broadcast.total", {"sum": sum(found.values()), "number": Named.same(str(row.count))})
    return Reply((Lines((head, *says, total)),))
