"""Approval: a second person agrees to a broadcast; never its author, never after a change, never too late."""

from datetime import timedelta

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import Role, may
from conversations.values import Named, Operation, OperationResult, Placeholder, Reply, Say, SubjectKind
from models import broadcast, staff
from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from services.broadcasts.lifecycle import (
    drop_frozen,
    is_intact,
    launch_broadcast,
    lock_broadcast,
    repeats_recent_words,
    send_preview,
    undo_button,
)
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.outbox.reachable import can_be_told
from services.people.team import is_independent

APPROVAL_TTL = timedelta(hours=24)
FORMS_OF_BROADCASTS = ("broadcast", "correct", "plan", "manage")  # they have done their part once it is confirmed
CONFIRM_TTL = timedelta(minutes=15)  # the count is typed while one remembers what it is of


def ask_approval(db: Session, desk: Desk, contact: Contact, row: Broadcast) -> OperationResult:
    """Ask everybody who may approve, but the author, to agree to a broadcast. Returns what its author is told; that
    nobody can be asked, when that is so.
    """
    others = [each for each in staff.staff_with(db, Role.APPROVER, Role.ADMIN) if each.id != contact.id]
    second = [each for each in others if is_independent(db, desk, each.id, contact.id)]
    reached = [each for each in second if can_be_told(desk, each, "staff")]
    if not reached:
        drop_frozen(db, row)
        said = "nobody_reached" if second else "nobody_known" if others else "nobody_approves"
        return OperationResult((Say(f"broadcast.{said}"),), done=False)
    row.state = BroadcastState.WAITING
    for each in reached:
        send_preview(db, desk, each, row, "preview")
        placeholders: dict[str, Placeholder] = {"number": row.count, "id": Named.same(str(row.id))}
        asks = Reply(
            (Say("broadcast.approve", placeholders, count=row.count),),
            (actions.action_button("approve", "yes", row.id), actions.action_button("approve", "no", row.id)),
            numbered=False,
        )
        enqueue_notice(db, desk, each, asks, about=SubjectKind.APPROVAL.of(row.id))
    return OperationResult((Say("broadcast.waiting"),), drops=FORMS_OF_BROADCASTS)


def _number(operation: Operation) -> int:
    """The broadcast a button, or the form of what waits, is about."""
    return int(operation.answers.get("approval", operation.answers.get("broadcast", 0)))


def approve_yes(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Let a broadcast go because a second person agrees. Returns what that person is told; refused for its author,
    for words or people altered since, and after `APPROVAL_TTL`.
    """
    row = lock_broadcast(db, _number(operation))
    if row is None or row.state != BroadcastState.WAITING:
        return OperationResult((Say("desk.done_already"),), refused=True)
    if row.author_id == contact.id:
        return OperationResult((Say("broadcast.not_yourself"),), refused=True)
    if not is_independent(db, desk, contact.id, row.author_id):
        return OperationResult((Say("broadcast.not_known"),), refused=True)
    if desk.clock.now() - row.created_at > APPROVAL_TTL or not is_intact(row):
        broadcast.drop_broadcast_row(row)
        return OperationResult((Say("broadcast.refused.old"),), done=False)
    if not may(staff.roles_of(db, row.author_id), Role.BROADCASTER):
        broadcast.drop_broadcast_row(row)
        return OperationResult((Say("broadcast.refused.author"),), done=False)
    if repeats_recent_words(db, desk, row):
        broadcast.drop_broadcast_row(row)
        return OperationResult((Say("broadcast.refused.repeated"),), done=False)
    row.approver_id = contact.id
    says = launch_broadcast(db, desk, row)
    told = Reply((Say("broadcast.approved"), *says), undo_button(row), numbered=False)
    enqueue_notice(db, desk, db.get_one(Contact, row.author_id), told, about=SubjectKind.CONTROL.of(row.id))
    return OperationResult((Say("broadcast.approved.yes"), *says), about=SubjectKind.CONTROL.of(row.id))


def approve_no(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Drop a broadcast because a second person does not agree, and tell its author. Returns what that person is
    told.
    """
    row = lock_broadcast(db, _number(operation))
    if row is None or row.state != BroadcastState.WAITING or row.author_id == contact.id:
        return OperationResult((Say("desk.done_already"),), refused=True)
    row.approver_id = contact.id
    broadcast.drop_broadcast_row(row)
    enqueue_notice(
        db,
        desk,
        db.get_one(Contact, row.author_id),
        Reply((Say("broadcast.not_approved"),)),
        about=SubjectKind.BROADCAST.of(row.id),
    )
    return OperationResult((Say("broadcast.approved.no"),))


def waiting_for(db: Session, desk: Desk, contact: Contact) -> list[Broadcast]:
    """Return the broadcasts that wait for a second person, whom this one may be."""
    rows = broadcast.broadcasts_in(db, BroadcastState.WAITING)
    others = [row for row in rows if row.author_id != contact.id]
    return [row for row in others if is_independent(db, desk, contact.id, row.author_id)]


def drop_lapsed(db: Session, desk: Desk) -> int:
    """Drop broadcasts that nobody confirmed or agreed to in time, and tell their authors. Returns how many."""
    now, count = desk.clock.now(), 0
    for row in broadcast.broadcasts_in(db, BroadcastState.WAITING, BroadcastState.FROZEN):
        lives = APPROVAL_TTL if row.state == BroadcastState.WAITING else CONFIRM_TTL
        if now - row.created_at <= lives:
            continue
        if row.state == BroadcastState.WAITING:
            told = Reply((Say("broadcast.lapsed", {"id": Named.same(str(row.id))}),))
            enqueue_notice(db, desk, db.get_one(Contact, row.author_id), told, about=SubjectKind.BROADCAST.of(row.id))
            broadcast.drop_broadcast_row(row)
        else:
            drop_frozen(db, row)
        count += 1
    return count
