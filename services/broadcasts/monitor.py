"""Monitor: what the clock looks at of broadcasts, from their hour to their end."""

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import Role, may
from conversations.values import Named, Reply, Say, Subject, SubjectKind
from models import broadcast, staff
from models.broadcast import Broadcast, BroadcastState, PauseReason
from services.broadcasts.fanout import BATCH_SIZE
from services.broadcasts.lifecycle import LATE_AFTER, PROGRESS_CARD_FROM, cancel_batch, is_intact, start_broadcast
from services.broadcasts.report import balance_reply
from services.context import Desk
from services.hold import current_hold
from services.outbox.messages import enqueue_notice


def start_due_broadcasts(db: Session, desk: Desk) -> int:
    """Start the broadcasts whose hour has come; pause one that comes much too late, drop one altered since. Returns
    how many were looked at.
    """
    now, count, hold = desk.clock.now(), 0, current_hold(db)
    for row in broadcast.broadcasts_in(db, BroadcastState.SCHEDULED):
        if row.session_id is not None or row.due_at is None or row.due_at > now or (hold and hold.covers(row)):
            continue
        count += 1
        if not is_intact(row) or not may(staff.roles_of(db, row.author_id), Role.BROADCASTER):
            broadcast.drop_broadcast_row(row)
        elif now - row.due_at > LATE_AFTER:
            row.state, row.why = BroadcastState.PAUSED, PauseReason.LATE
        else:
            start_broadcast(db, desk, row)
    return count


def watch_broadcasts(db: Session, desk: Desk) -> int:
    """Tell authors of half the way, of the end with its balance, and ask about what is paused. Returns how many
    broadcasts came to an end.
    """
    ended = 0
    going = broadcast.broadcasts_in(db, BroadcastState.GOING)
    for row in going:
        broadcast.expire_deliveries(db, row, desk.clock.now(), BATCH_SIZE)
        if row.put < row.to_put:
            continue  # the clock is still putting it down
        left = broadcast.open_deliveries(db, row)
        if left == 0:
            row.state, row.closed_at = BroadcastState.CLOSED, desk.clock.now()
            _tell(db, desk, row, balance_reply(db, row))
            ended += 1
        elif row.trial is not None and row.put >= row.to_put and left == row.count - row.put:
            row.state, row.why = BroadcastState.PAUSED, PauseReason.TRIAL
        elif not row.halfway and row.count >= PROGRESS_CARD_FROM and left * 2 <= row.count:
            row.halfway = True
            if row.card is None:  # who has a card sees it there
                numbers = {"done": Named.same(str(row.count - left)), "number": Named.same(str(row.count))}
                _tell(db, desk, row, Reply((Say("broadcast.halfway", numbers),)))
    for row in broadcast.undone_open(db):
        if cancel_batch(db, desk, row):
            _tell(db, desk, row, balance_reply(db, row))
            ended += 1
    for row in broadcast.broadcasts_in(db, BroadcastState.PAUSED):
        if row.not_after is not None and row.not_after <= desk.clock.now():
            row.state = BroadcastState.UNDONE  # it is too late for it: the rest is counted, and its author told
            continue
        _ask(db, desk, row)
    return ended


def _ask(db: Session, desk: Desk, row: Broadcast) -> None:
    """What stands still by itself asks its author, once, what is to become of it."""
    given = dict(row.given or {})
    if row.why in (None, PauseReason.BY_STAFF) or given.get("asked") == row.why:
        return
    row.given = {**given, "asked": row.why}
    offers = tuple(actions.action_button("run", each, row.id) for each in ("resume", "cancel"))
    found = balance_reply(db, row)
    reply = Reply((Say(f"broadcast.paused.{row.why}"), *found.text), offers, numbered=False)
    _tell(db, desk, row, reply, SubjectKind.CONTROL.of(row.id))


def _tell(db: Session, desk: Desk, row: Broadcast, reply: Reply, about: Subject | None = None) -> None:
    for each in staff.active_or_admins(db, row.author_id):
        enqueue_notice(db, desk, each, reply, about=about or SubjectKind.BROADCAST.of(row.id))
