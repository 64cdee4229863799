"""Awareness sessions: planned, drafted, announced, moved, cancelled."""

import secrets
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Answers, Named, Operation, OperationResult, Say, Subject, SubjectKind
from models.contact import Contact
from models.session import COMING_STATES, AwarenessSession, SessionState
from services.broadcasts.audience import place_offered
from services.context import Desk
from services.sessions.announcing import (
    announce_to_nobody,
    apply_change,
    drop_not_started,
    freeze_announcement,
    freeze_change,
)
from services.sessions.change_notices import move_announcement, people_knowing, tell_change, withdraw_outdated

SESSION_GONE = OperationResult((Say("sessions.meeting.gone"),), refused=True)


def plan_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Plan a session and prepare its announcement. Returns the form that asks for the count, or that nobody is
    concerned; refused for a moment or a place no longer offered.
    """
    row = _planned(db, desk, contact, operation)
    if isinstance(row, OperationResult):
        return row
    return freeze_announcement(db, desk, contact, row, made=True) or _to_nobody(db, desk, contact, row)


def draft_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Plan a session nobody is told of yet. Returns what the clerk is told."""
    row = _planned(db, desk, contact, operation)
    if isinstance(row, OperationResult):
        return row
    return OperationResult((Say("plan.done.draft", {"number": Named.same(str(row.id))}),), on=_about(row))


def _about(row: AwarenessSession) -> Subject:
    return SubjectKind.SESSION.of(row.id)


def _to_nobody(db: Session, desk: Desk, contact: Contact, row: AwarenessSession) -> OperationResult:
    announce_to_nobody(db, desk, contact, row)
    return OperationResult((Say("plan.done.nobody", {"number": Named.same(str(row.id))}),), on=_about(row))


def _planned(db: Session, desk: Desk, contact: Contact, operation: Operation) -> AwarenessSession | OperationResult:
    given = operation.answers
    starts_at = _moment(desk, given)
    if starts_at <= desk.clock.now():
        return OperationResult((Say("plan.past"),), refused=True)
    trade = str(given.get("trade", "any"))
    if not place_offered(desk, given) or not (trade == "any" or desk.sources["crafts"].offers(trade)):
        return OperationResult((Say("desk.not_offered"),), refused=True)
    row = AwarenessSession(
        commune=given["commune"],
        province=given["province"],
        place=_place(given),
        pin=_pin(given),
        starts_at=starts_at,
        texts=_both(given, "text", "standard"),
        state=SessionState.DRAFT,
        capacity=None if given["capacity"] == "open" else given["capacity"],
        speakers=_both(given, "speakers", "nobody"),
        language=given.get("spoken"),
        trades=None if trade == "any" else [trade],
        door=f"{secrets.randbelow(9000) + 1000}",
        author_id=contact.id,
        created_at=desk.clock.now(),
    )
    db.add(row)
    db.flush()
    return row


def _both(given: Answers, name: str, none: str) -> dict[str, str] | None:
    if given.get(f"{name}_ar") in (None, none):
        return None
    return {"ar": str(given[f"{name}_ar"]), "fr": str(given[f"{name}_fr"])}


def announce_draft(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Prepare the announcement of a draft. Returns the form that asks for the count, or that nobody is concerned."""
    row = _chosen(db, desk, operation)
    if isinstance(row, OperationResult):
        return row
    if row.state != SessionState.DRAFT:
        return OperationResult((Say("desk.done_already"),), refused=True)
    if any(not desk.sources["crafts"].offers(trade) for trade in row.trades or ()):
        return OperationResult((Say("desk.not_offered"),), refused=True)
    return freeze_announcement(db, desk, contact, row, made=False) or _to_nobody(db, desk, contact, row)


def move_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Prepare another moment or place for a session, of which exactly those are told who were told of the last; one
    nobody knows of is changed at once. Returns the form that asks for the count, or what the clerk is told.
    """
    row = _chosen(db, desk, operation)
    if isinstance(row, OperationResult):
        return row
    change: dict[str, Any] = {}
    if operation.answers["what"] == "moment":
        starts_at = _moment(desk, operation.answers)
        if starts_at <= desk.clock.now():
            return OperationResult((Say("plan.past"),), refused=True)
        kind, change["starts_at"] = "moved", starts_at.isoformat()
    else:
        kind, change["place"], change["pin"] = "placed", _place(operation.answers), _pin(operation.answers)
    if row.state != SessionState.DRAFT:
        frozen = freeze_change(db, desk, contact, row, kind, change)
        if frozen is not None:
            return frozen
        row.state = SessionState.MOVED
    apply_change(row, change)
    row.edition += 1
    if row.state == SessionState.MOVED:  # nobody knows of it yet: what is on its way tells the new moment
        withdraw_outdated(db, desk, row)
        move_announcement(db, row)
    return OperationResult((Say("manage.done.draft"),))


def cancel_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Cancel a session, tell exactly those who were told of it, and withdraw all else about it. Returns what the
    clerk is told.
    """
    row = _chosen(db, desk, operation)
    if isinstance(row, OperationResult):
        return row
    told = people_knowing(db, row.id)
    was, row.state = row.state, SessionState.CANCELLED
    row.edition += 1
    withdraw_outdated(db, desk, row)
    drop_not_started(db, row.id)
    if was == SessionState.DRAFT:
        return OperationResult((Say("manage.done.draft"),))
    return tell_change(db, desk, contact, row, "cancelled", told, row.starts_at, "manage.done.cancelled")


def coming_session(db: Session, desk: Desk, id: int) -> AwarenessSession | None:
    """Return a session that is still to come, locked until this transaction ends; else None."""
    found = sa.select(AwarenessSession).where(AwarenessSession.id == id)
    row = db.scalars(found.with_for_update()).one_or_none()
    return row if row is not None and row.state in COMING_STATES and row.starts_at > desk.clock.now() else None


def _chosen(db: Session, desk: Desk, operation: Operation) -> AwarenessSession | OperationResult:
    """The session a clerk changes, as she saw it; the refusal when it is gone, or changed since."""
    id, _, edition = str(operation.answers["session"]).partition(".")
    if not (id.isascii() and id.isdigit() and len(id) < 9):
        return SESSION_GONE
    found = sa.select(AwarenessSession).where(AwarenessSession.id == int(id))
    row = db.scalars(found.with_for_update()).one_or_none()
    if row is None or row.state not in (*COMING_STATES, SessionState.DRAFT) or row.starts_at <= desk.clock.now():
        return SESSION_GONE
    return row if edition == str(row.edition) else OperationResult((Say("manage.meanwhile"),), refused=True)


def _moment(desk: Desk, given: Answers) -> datetime:
    return desk.clock.at(datetime.combine(date.fromisoformat(given["day"]), time.fromisoformat(given["hour"])))


def _place(given: Answers) -> dict[str, str]:
    return {"ar": given["place_ar"], "fr": given["place_fr"]}


def _pin(given: Answers) -> str | None:
    return None if given["pin"] == "none" else str(given["pin"])
