"""What the clock looks at of messages to many: the hour of those that wait, how far others are, their end."""

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import BROADCASTER, may
from conversations.values import Named, Reply, Say
from models import broadcast, staff
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
from models.contact import Contact
from services.broadcasts.fanout import LOT
from services.broadcasts.lifecycle import CARD_FROM, LATE_BY, depart, intact, unwind
from services.broadcasts.report import balance
from services.context import Desk
from services.outbox.messages import notify


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
    offers = tuple(actions.offer("run", each, row.id) for each in ("resume", "cancel"))
    found = balance(db, row)
    reply = Reply((Say(f"broadcast.paused.{row.why}"), *found.text), offers, numbered=False)
    _tell(db, desk, row, reply, f"sending:{row.id}")


def _tell(db: Session, desk: Desk, row: Broadcast, reply: Reply, about: str = "") -> None:
    author = db.get_one(Contact, row.author_id)
    notify(db, desk, author, reply, about=about or f"broadcast:{row.id}")
