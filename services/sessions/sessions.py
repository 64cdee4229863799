"""Awareness sessions: planned, drafted, announced, moved, cancelled."""

import secrets
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Answers, Named, Operation, OperationResult, Say
from models.contact import Contact
from models.session import COMING_STATES, AwarenessSession, SessionState
from services.broadcasts.audience import place_offered
from services.context import Desk
from services.sessions.change_notices import move_announcement, people_knowing, tell_change, withdraw_outdated

SESSION_GONE = OperationResult((Say("sessions.meeting.gone"),), refused=True)


def plan_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Plan a session; the clock announces it. Returns what the clerk is told; refused for a moment or a place no
    longer offered.
    """
    return _planned(db, desk, contact, operation, SessionState.ANNOUNCED)


def draft_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Plan a session nobody is told of yet. Returns what the clerk is told."""
    return _planned(db, desk, contact, operation, SessionState.DRAFT)


def _planned(db: Session, desk: Desk, contact: Contact, operation: Operation, state: str) -> OperationResult:
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
        state=state,
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
    number = {"number": Named.same(str(row.id))}
    if state == SessionState.DRAFT:
        return OperationResult((Say("plan.done.draft", number),))
    return OperationResult((Say(f"plan.done.{_when(desk)}", number),))


def _both(given: Answers, name: str, none: str) -> dict[str, str] | None:
    if given.get(f"{name}_ar") in (None, none):
        return None
    return {"ar": str(given[f"{name}_ar"]), "fr": str(given[f"{name}_fr"])}


def _when(desk: Desk) -> str:
    return "morning" if desk.policy.is_quiet(desk.clock.wall()) else "now"


def announce_draft(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Announce a draft; the clock tells people. Returns what the clerk is told."""
    row = _chosen(db, desk, operation)
    if isinstance(row, OperationResult):
        return row
    if row.state != SessionState.DRAFT:
        return OperationResult((Say("desk.done_already"),), refused=True)
    if any(not desk.sources["crafts"].offers(trade) for trade in row.trades or ()):
        return OperationResult((Say("desk.not_offered"),), refused=True)
    row.state = SessionState.ANNOUNCED
    return OperationResult((Say(f"plan.done.{_when(desk)}", {"number": Named.same(str(row.id))}),))


def move_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Give a session another moment or place, and tell exactly those who were told of the last. Returns what the
    clerk is told.
    """
    row = _chosen(db, desk, operation)
    if isinstance(row, OperationResult):
        return row
    told, before = people_knowing(db, row.id), row.starts_at
    if operation.answers["what"] == "moment":
        starts_at = _moment(desk, operation.answers)
        if starts_at <= desk.clock.now():
            return OperationResult((Say("plan.past"),), refused=True)
        kind, row.starts_at = "moved", starts_at
    else:
        kind, row.place, row.pin = "placed", _place(operation.answers), _pin(operation.answers)
    row.edition += 1
    if row.state == SessionState.DRAFT:  # nobody knows of it
        return OperationResult((Say("manage.done.draft"),))
    row.state = SessionState.MOVED
    withdraw_outdated(db, desk, row)
    move_announcement(db, row)
    return tell_change(db, desk, contact, row, kind, told, before, "manage.done.moved")


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
