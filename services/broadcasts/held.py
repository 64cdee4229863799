"""What is held after a gap, a copy or a doubtful clock: an admin is asked once, and says what becomes of it."""

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import Role
from conversations.values import Lines, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import broadcast, staff
from models.broadcast import Broadcast, BroadcastState, PauseReason
from models.contact import Contact
from models.delivery import Delivery, DeliveryState, Reason
from services.context import Desk
from services.hold import SESSION_REMINDERS, Hold, HoldReason, current_hold, drop_hold, set_hold
from services.outbox.messages import enqueue_notice
from services.restore_guard import beat, refuse_single, release

UNDER_WAY = (BroadcastState.GOING, BroadcastState.SCHEDULED)
FORGOTTEN_AFTER_DAYS = 1  # a gap that held nothing is no matter by then


def ask_about_hold(db: Session, desk: Desk) -> int:
    """Ask the admins once what is to become of what is held; of a mere gap only when something is. Returns how many
    were asked.
    """
    hold = current_hold(db)
    if hold is None or hold.asked:
        return 0
    many = held_broadcasts(db, hold)
    if hold.why == HoldReason.GAP and not many:
        if (desk.clock.now() - hold.at).days >= FORGOTTEN_AFTER_DAYS:
            drop_hold(db)
        return 0
    admins = staff.staff_with(db, Role.ADMIN)
    if not admins:
        return 0
    set_hold(db, replace(hold, asked=True))
    for admin in admins:
        enqueue_notice(db, desk, admin, _question(db, desk, hold, many), about=SubjectKind.HELD.of(hold.number))
    return len(admins)


def held_broadcasts(db: Session, hold: Hold) -> list[Broadcast]:
    """Return the broadcasts on their way that a hold keeps back."""
    return [row for row in broadcast.broadcasts_in(db, *UNDER_WAY) if hold.covers(row)]


def _question(db: Session, desk: Desk, hold: Hold, many: list[Broadcast]) -> Reply:
    moments = {"since": desk.clock.wall(hold.since), "at": desk.clock.wall(hold.at)}
    says = [Say(f"held.{hold.why}", moments)]
    people = sum(broadcast.open_deliveries(db, row) for row in many)
    if many:
        number = {"number": Named.same(str(len(many))), "people": Named.same(str(people))}
        says.append(Say("held.many", number, len(many)))
    single = _single(db)
    if hold.why == HoldReason.RESTORED and single:
        says.append(Say("held.single", {"number": Named.same(str(single))}, single))
    offered = ["yes", "no"]
    if any(row.kind in SESSION_REMINDERS for row in many):
        offered.insert(0, "reminders")
    if hold.why == HoldReason.CLOCK:
        offered = ["yes"]
    options = tuple(actions.action_button("held", each, hold.number) for each in offered)
    return Reply((Lines(tuple(says), flat=True),), options, numbered=False)


def _single(db: Session) -> int:
    found = sa.select(sa.func.count()).where(
        Delivery.reason == Reason.RESTORED, Delivery.state == DeliveryState.CANCELLED, Delivery.kind == "notice"
    )
    return db.scalar(found) or 0


def release_held(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Let everything that is held go on; a doubtful clock is believed. Returns what the admin is told."""
    hold = _this(db, operation)
    if hold is None:
        return OperationResult((Say("desk.done_already"),), refused=True)
    many = held_broadcasts(db, hold)
    beat(db, desk)
    release(db, desk)
    return OperationResult((Say("held.released", {"number": Named.same(str(len(many)))}, len(many)),))


def release_reminders(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Let the reminders of sessions go on, and ask again about the rest. Returns what the admin is told."""
    hold = _this(db, operation)
    if hold is None or hold.why == HoldReason.CLOCK:
        return OperationResult((Say("desk.done_already"),), refused=True)
    rest = replace(hold, reminders=True)
    set_hold(db, rest)
    offers = tuple(actions.action_button("held", each, hold.number) for each in ("yes", "no"))
    if held_broadcasts(db, rest):
        ask = Reply((Say("held.rest"),), offers, numbered=False)
        enqueue_notice(db, desk, contact, ask, about=SubjectKind.HELD.of(hold.number))
    return OperationResult((Say("held.reminders"),))


def leave_held(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Pause everything that is held, each by itself: its author is asked. Returns what the admin is told."""
    hold = _this(db, operation)
    if hold is None or hold.why == HoldReason.CLOCK:
        return OperationResult((Say("desk.done_already"),), refused=True)
    pause_held(db, hold)
    refuse_single(db)
    drop_hold(db)
    return OperationResult((Say("held.left"),))


def pause_held(db: Session, hold: Hold) -> int:
    """Pause each broadcast that is held. Returns how many."""
    rows = held_broadcasts(db, hold)
    for row in rows:
        row.state, row.why = BroadcastState.PAUSED, PauseReason.RESTORED
        row.given = {key: value for key, value in (row.given or {}).items() if key != "asked"} or None
    return len(rows)


def _this(db: Session, operation: Operation) -> Hold | None:
    """The hold a press was about; None when it is over, or another by now."""
    hold = current_hold(db)
    return hold if hold is not None and hold.number == operation.answers.get("held") else None
