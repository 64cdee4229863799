"""What the clock looks at of messages to many: the hour of those that wait, how far others are, their end."""

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from conversations import acts
from conversations.roles import BROADCASTER, may
from conversations.values import Named, Reply, Say
from models import broadcast, staff
from models.broadcast import (
    BRAKE as BRAKE,
)  # fmt: skip
from models.broadcast import (
    BY_STAFF,
    CLOSED,
    DROPPED,
    GOING,
    LATE,
    PAUSED,
    SCHEDULED,
    TRIAL,
    UNDONE,
    Broadcast,
)
from models.broadcast import (
    REFUSALS as REFUSALS,
)
from models.contact import Contact
from models.delivery import FAILED, UNDELIVERABLE, Delivery
from services.bulk import LOT
from services.desk import Desk
from services.launch import CARD_FROM, LATE_BY, depart, intact, unwind
from services.messages import notify
from services.report import balance


def start_due(db: Session, desk: Desk) -> int:
    """Those whose hour has come leave; one that comes much too late waits for somebody to say so."""
    now, count = desk.clock.now(), 0
    for row in broadcast.standing(db, SCHEDULED):
        if row.due_at is None or row.due_at > now:
            continue
        count += 1
        if not intact(row) or not may(staff.role_of(db, row.author_id), BROADCASTER):
            row.state = DROPPED
        elif now - row.due_at > LATE_BY:
            row.state, row.why = PAUSED, LATE
        else:
            depart(db, desk, row)
    return count


def watch(db: Session, desk: Desk) -> int:
    """Tell the author at half of the way, and at its end with the balance; what stands still asks. How many
    came to an end."""
    ended = 0
    going = broadcast.standing(db, GOING)
    for row in going:
        broadcast.expire(db, row, desk.clock.now(), LOT)
        if row.put < row.to_put:
            continue  # the clock is still putting it down
        left = broadcast.open_rows(db, row)
        if left == 0:
            row.state, row.closed_at = CLOSED, desk.clock.now()
            _tell(db, desk, row, balance(db, row))
            ended += 1
        elif row.trial is not None and row.put >= row.to_put and left == row.count - row.put:
            row.state, row.why = PAUSED, TRIAL
        elif not row.halfway and row.count >= CARD_FROM and left * 2 <= row.count:
            row.halfway = True
            if row.card is None:  # who has a card sees it there
                numbers = {"done": Named.same(str(row.count - left)), "number": Named.same(str(row.count))}
                _tell(db, desk, row, Reply((Say("broadcast.halfway", numbers),)))
    for row in broadcast.unwound(db):
        if unwind(db, desk, row):
            _tell(db, desk, row, balance(db, row))
            ended += 1
    for row in broadcast.standing(db, PAUSED):
        if row.not_after is not None and row.not_after <= desk.clock.now():
            row.state = UNDONE  # it is too late for it: the rest is counted, and its author told
            continue
        _ask(db, desk, row)
    return ended


def _ask(db: Session, desk: Desk, row: Broadcast) -> None:
    """What stands still by itself asks its author, once, what is to become of it."""
    given = dict(row.given or {})
    if row.why in (None, BY_STAFF) or given.get("asked") == row.why:
        return
    row.given = {**given, "asked": row.why}
    offers = tuple(acts.offer("run", each, row.id) for each in ("resume", "cancel"))
    found = balance(db, row)
    reply = Reply((Say(f"broadcast.paused.{row.why}"), *found.text), offers, numbered=False)
    _tell(db, desk, row, reply, f"sending:{row.id}")


def _tell(db: Session, desk: Desk, row: Broadcast, reply: Reply, about: str = "") -> None:
    author = db.get_one(Contact, row.author_id)
    notify(db, desk, author, reply, about=about or f"broadcast:{row.id}")


def brake(db: Session, desk: Desk, id: int, why: str, suspects: list[str]) -> bool:
    """Too many refusals of one kind: held back, and nobody is taken for stopped or gone because of them.

    `suspects`: the refused messages, by their ids. Whether it was on its way.
    """
    row = db.get(Broadcast, id, with_for_update=True)
    if row is None or row.state != GOING:
        return False
    row.state, row.why = PAUSED, why
    if why == BRAKE:
        for each in suspects:
            _trust_again(db, db.get(Delivery, uuid.UUID(each)))
    return True


def _trust_again(db: Session, row: Delivery | None) -> None:
    """What a provider said of everybody at once is not believed of anybody: it may be tried again."""
    if row is None or row.state != UNDELIVERABLE:
        return
    contact = db.get_one(Contact, row.contact_id)
    row.state = FAILED
    since: datetime | None = row.taken_at
    heard_since = contact.heard_at is not None and since is not None and contact.heard_at >= since
    if since is not None and not heard_since:  # what she said herself since then stands
        if contact.stopped_at is not None and contact.stopped_at >= since:
            contact.stopped_at = None
        if contact.unreachable_at is not None and contact.unreachable_at >= since:
            contact.unreachable_at = None
