"""Controls of a broadcast: pause, resume, take back, retry, spreadsheet; and pausing everything."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from conversations.roles import Role, may
from conversations.values import Media, Operation, OperationResult, Say, SubjectKind
from models import broadcast, staff
from models.broadcast import Broadcast, BroadcastState, PauseReason
from models.contact import Contact
from models.delivery import Delivery, DeliveryState
from services.broadcasts.lifecycle import (
    CHANGED_RESULTS,
    TEXT_KIND,
    cancel_batch,
    lock_broadcast,
    progress_reply,
    start_broadcast,
)
from services.context import Desk
from services.outbox.daily_limit import NEWS_TTL
from services.people import assessments


def take_back(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take a broadcast back: what has not left is cancelled. Returns how many had left already; refused for who may
    not control it.
    """
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    if row is None or not may_control(db, contact, row):
        return OperationResult((Say("desk.done_already"),), refused=True)
    if row.state in (BroadcastState.WAITING, BroadcastState.SCHEDULED):
        broadcast.drop_broadcast_row(row)
        if row.audience == CHANGED_RESULTS:
            assessments.forget_notified(db, broadcast.frozen_people(row))
        return OperationResult((Say("broadcast.undone.all"),))
    if row.state == BroadcastState.CLOSED:
        return OperationResult((Say("broadcast.too_late", {"number": row.count}, count=row.count),), refused=True)
    if row.state not in (BroadcastState.GOING, BroadcastState.PAUSED):
        return OperationResult((Say("desk.done_already"),), refused=True)
    gone = row.count - broadcast.state_counts(db, row).get(DeliveryState.PENDING, 0)
    row.state, row.why = BroadcastState.UNDONE, None
    cancel_batch(db, desk, row)
    if gone == 0:
        return OperationResult((Say("broadcast.undone.all"),))
    return OperationResult((Say("broadcast.undone.some", {"number": gone}, count=gone),))


def pause_broadcast(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Pause a broadcast; anybody of the chamber may. Returns how far it is, with what may be done now."""
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    if row is None or row.state not in (BroadcastState.GOING, BroadcastState.SCHEDULED):
        return OperationResult((Say("desk.done_already"),), refused=True)
    row.state, row.why = BroadcastState.PAUSED, PauseReason.BY_STAFF
    return _card(db, row, "broadcast.paused.staff")


def resume_broadcast(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Let a paused broadcast go on, its trial finished first. Returns how far it is; refused when it is too old."""
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    if row is None or row.state != BroadcastState.PAUSED or not may_control(db, contact, row):
        return OperationResult((Say("desk.done_already"),), refused=True)
    now = desk.clock.now()
    if broadcast.is_corrected(db, row.id):
        return OperationResult((Say("broadcast.refused.corrected"),), refused=True)
    if row.why == PauseReason.TRIAL:  # it was looked at; any other pause leaves the trial to be finished
        row.trial = None
    at = datetime.fromisoformat(row.given["at"]) if row.given and "at" in row.given else None
    if row.session_id is not None and row.edition is None:  # it had not begun: the clock begins it
        row.state, row.why, row.due_at = BroadcastState.SCHEDULED, None, now
        return _card(db, row, "broadcast.resumed")
    if at is not None and at > now and not row.put:
        row.state, row.why = BroadcastState.SCHEDULED, None
        return _card(db, row, "broadcast.resumed")
    if row.session_id is None:
        row.not_after = max(row.not_after or now, now + NEWS_TTL)
        later = sa.update(Delivery).where(Delivery.broadcast_id == row.id, Delivery.state == DeliveryState.PENDING)
        db.execute(later.values(not_after=row.not_after).execution_options(synchronize_session=False))
    elif row.not_after is not None and row.not_after <= now:
        return OperationResult((Say("broadcast.refused.old"),), refused=True)
    row.due_at = min(row.due_at or now, now)
    start_broadcast(db, desk, row)
    return _card(db, row, "broadcast.resumed")


def pause_all(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Pause every broadcast on its way. Returns how many there were."""
    # what waits for its minute to be over is on its way too
    waiting = [row for row in broadcast.broadcasts_in(db, BroadcastState.SCHEDULED) if row.session_id is not None]
    found = [*broadcast.broadcasts_in(db, BroadcastState.GOING), *waiting]
    for row in found:
        row.state, row.why = BroadcastState.PAUSED, PauseReason.BY_STAFF
    return OperationResult((Say("halt.done", {"number": len(found)}, count=len(found)),))


def retry_failed(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Try the failed deliveries of a broadcast once more: the same rows, to the same people. Returns how many."""
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    now = desk.clock.now()
    if (
        row is None
        or row.state not in (BroadcastState.GOING, BroadcastState.PAUSED, BroadcastState.CLOSED)
        or not may_control(db, contact, row)
    ):
        return OperationResult((Say("desk.done_already"),), refused=True)
    if broadcast.is_corrected(db, row.id):
        return OperationResult((Say("broadcast.refused.corrected"),), refused=True)
    flag_modified(row, "state")  # a clock that closes it at this moment must look again
    until = row.not_after if row.session_id is not None else now + NEWS_TTL
    if until is not None and until <= now:
        return OperationResult((Say("broadcast.refused.old"),), refused=True)
    again = sa.update(Delivery).where(Delivery.broadcast_id == row.id, Delivery.state.in_((DeliveryState.FAILED,)))
    count = (
        db.connection()
        .execute(
            again.values(
                state=DeliveryState.PENDING,
                attempts=0,
                reason=None,
                error=None,
                provider_id=None,
                due_at=now,
                not_after=until,
            )
        )
        .rowcount
    )
    if count and row.state == BroadcastState.CLOSED:
        row.state, row.closed_at, row.not_after = BroadcastState.GOING, None, until
    return OperationResult((Say("broadcast.retried", {"number": count}, count=count),))


def send_spreadsheet(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the spreadsheet of everybody a broadcast was for, as an attachment of the answer."""
    row = lock_broadcast(db, int(operation.answers["broadcast"]))
    if row is None or "report" not in allowed_controls(db, contact, row):
        return OperationResult((Say("desk.done_already"),), refused=True)
    return OperationResult((Say("broadcast.sheet"),), media=(Media("sheet", str(row.id)),), stays=True)


def _card(db: Session, row: Broadcast, said: str) -> OperationResult:
    reply = progress_reply(db, row)
    return OperationResult((Say(said), *reply.text), reply.options, about=SubjectKind.CONTROL.of(row.id))


def may_correct(row: Broadcast) -> bool:
    """Return whether other words may be sent after a broadcast."""
    return row.kind == TEXT_KIND and row.state in (BroadcastState.CLOSED, BroadcastState.UNDONE, BroadcastState.PAUSED)


def allowed_controls(db: Session, contact: Contact, row: Broadcast) -> frozenset[str]:
    """Return what a person of the chamber may do with a broadcast today: `pause resume undo retry correct report`."""
    mine = may_control(db, contact, row)
    found = (
        {"report"}
        if mine and row.state not in (BroadcastState.FROZEN, BroadcastState.WAITING, BroadcastState.DROPPED)
        else set()
    )
    if row.state in (BroadcastState.GOING, BroadcastState.SCHEDULED):
        found.add("pause")
    replaced = broadcast.is_corrected(db, row.id)
    if mine and row.state == BroadcastState.PAUSED and not replaced:
        found.add("resume")
    if mine and row.state in (
        BroadcastState.GOING,
        BroadcastState.PAUSED,
        BroadcastState.SCHEDULED,
        BroadcastState.WAITING,
    ):
        found.add("undo")
    if mine and may_correct(row):
        found.add("correct")
    failed = row.state in (
        BroadcastState.GOING,
        BroadcastState.PAUSED,
        BroadcastState.CLOSED,
    ) and broadcast.state_counts(db, row).get(DeliveryState.FAILED)
    if mine and failed and not replaced:
        found.add("retry")
    return frozenset(found)


def may_control(db: Session, contact: Contact, row: Broadcast) -> bool:
    """Return whether a broadcast is this person's own, or she may control those of others."""
    return row.author_id == contact.id or may(staff.roles_of(db, contact.id), Role.APPROVER)
