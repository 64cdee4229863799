"""Announcing: what a clerk tells many of a session goes the way of any broadcast: frozen, previewed, its count typed,
a second person above a threshold, a minute to take it back; only then is the session changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.roles import Role, may
from conversations.sessions.flow import particulars, session_placeholders
from conversations.values import Lines, Named, OperationResult, Reply, Say, SubjectKind
from locales.speech import LANGUAGES
from models import broadcast, staff
from models.broadcast import Broadcast, BroadcastState, PauseReason
from models.contact import Contact
from models.session import COMING_STATES, AwarenessSession, SessionState
from services.broadcasts.concerned import concerned_subscribers, wants_sessions
from services.broadcasts.fanout import SessionBroadcast, start_session_broadcast
from services.broadcasts.lifecycle import LATE_AFTER, is_intact, send_preview, start_broadcast
from services.broadcasts.placeholders import text_hash
from services.context import Desk
from services.hold import current_hold
from services.outbox.messages import enqueue_notice
from services.outbox.notice_kinds import SESSION_NOTICES
from services.sessions.change_notices import (
    USEFUL_AFTER,
    is_urgent,
    move_announcement,
    people_knowing,
    withdraw_outdated,
)
from services.sessions.sources import session_view

ANNOUNCE = "announce"
NOT_STARTED = (BroadcastState.FROZEN, BroadcastState.WAITING, BroadcastState.SCHEDULED)
COLUMNS = ("commune", "province", "place", "pin", "starts_at", "texts", "capacity", "speakers", "language", "trades")


def freeze_announcement(
    db: Session, desk: Desk, contact: Contact, row: AwarenessSession, made: bool
) -> OperationResult | None:
    """Freeze the announcement of a draft and preview it to who announces. Returns the form that asks for the count;
    None when nobody is concerned. `made`: the draft was planned just now, and goes when its author thinks better.
    """
    people = concerned_subscribers(db, desk, row.commune, row.province, row.trades)
    return _frozen(db, desk, contact, row, ANNOUNCE, people, {"made": made})


def freeze_change(
    db: Session, desk: Desk, contact: Contact, row: AwarenessSession, kind: str, change: Mapping[str, Any]
) -> OperationResult | None:
    """Freeze what people are told of a session's new moment or place: those who know of it, and those whom a broadcast
    on its way would tell it to, for these would read other words than were agreed to. Returns the form that asks for
    the count; None when nobody is to be told.
    """
    people = {*people_knowing(db, row.id), *_being_told(db, row.id)}
    return _frozen(db, desk, contact, row, kind, sorted(people), {"change": dict(change)})


def _frozen(
    db: Session,
    desk: Desk,
    contact: Contact,
    row: AwarenessSession,
    kind: str,
    people: Sequence[UUID],
    given: Mapping[str, Any],
) -> OperationResult | None:
    every = broadcast.contacts_by_id(db, people)
    frozen, count, digest = broadcast.pack_audience(each.id for each in every if wants_sessions(each))
    if not count:
        return None
    texts = _texts(desk, kind, as_changed(row, given.get("change")))
    left = {
        "stopped": sum(1 for each in every if each.stopped_at is not None),
        "unreachable": sum(1 for each in every if each.stopped_at is None and each.unreachable_at is not None),
    }
    made = Broadcast(
        kind=kind,
        session_id=row.id,
        edition=None,  # until it leaves: what is dropped may be made anew
        state=BroadcastState.FROZEN,
        author_id=contact.id,
        texts=texts,
        text_hash=text_hash(texts),
        frozen=frozen,
        count=count,
        hash=digest,
        left_out={reason: number for reason, number in left.items() if number},
        given={**given, "edition": row.edition},
        created_at=desk.clock.now(),
    )
    db.add(made)
    db.flush()
    send_preview(db, desk, contact, made, "preview")
    opens = ("confirm", {"broadcast": made.id, "expected": made.count})
    return OperationResult((Say("broadcast.frozen"),), opens=opens, on=SubjectKind.SESSION.of(row.id))


def _being_told(db: Session, session_id: int) -> set[UUID]:
    """The people of what is on its way about a session, whether it reached them yet or not."""
    found = sa.select(Broadcast).where(
        Broadcast.session_id == session_id, Broadcast.state.in_((BroadcastState.GOING, BroadcastState.PAUSED))
    )
    return {id for row in db.scalars(found) for id in broadcast.frozen_people(row)}


def as_changed(row: AwarenessSession, change: Mapping[str, Any] | None) -> AwarenessSession:
    """Return a session as it would be after a change; it belongs to no database."""
    copy = AwarenessSession(id=row.id, edition=row.edition, state=row.state)
    for name in COLUMNS:
        setattr(copy, name, getattr(row, name))
    apply_change(copy, change or {})
    return copy


def apply_change(row: AwarenessSession, change: Mapping[str, Any]) -> None:
    """Give a session another moment or place: `starts_at` (ISO, UTC), or `place` and `pin`."""
    if "starts_at" in change:
        row.starts_at = datetime.fromisoformat(change["starts_at"])
    if "place" in change:
        row.place, row.pin = dict(change["place"]), change["pin"]


def _texts(desk: Desk, kind: str, row: AwarenessSession) -> dict[str, str]:
    """The words people will read, in each language."""
    view = session_view(desk, row)
    says: list[Say | Lines] = [Say(f"told.{kind}", dict(session_placeholders(view)))]
    if SESSION_NOTICES[kind].particulars:
        says += particulars(view)
    return {each: desk.speech.speak((Reply(tuple(says)),), each, "0").text for each in LANGUAGES}


# -- its hour ------------------------------------------------------------------------------------------


def start_due_announcements(db: Session, desk: Desk) -> int:
    """Start what was confirmed about sessions and may be taken back no more: the session is changed, then people are
    told. Returns how many were looked at.
    """
    now, count, hold = desk.clock.now(), 0, current_hold(db)
    for row in broadcast.broadcasts_in(db, BroadcastState.SCHEDULED):
        if row.session_id is None or row.due_at is None or row.due_at > now or (hold and hold.covers(row)):
            continue
        count += 1
        if now - row.due_at > LATE_AFTER:
            row.state, row.why = BroadcastState.PAUSED, PauseReason.LATE
            continue
        refused = _start(db, desk, row)
        if refused is not None:
            broadcast.drop_broadcast_row(row)
            told = Reply((Say(refused, {"id": Named.same(str(row.session_id))}),))
            for each in staff.active_or_admins(db, row.author_id):
                enqueue_notice(db, desk, each, told, about=SubjectKind.BROADCAST.of(row.id))
    return count


def _start(db: Session, desk: Desk, row: Broadcast) -> str | None:
    """Change the session and start its broadcast. Returns why it is refused; None when it is on its way."""
    found = sa.select(AwarenessSession).where(AwarenessSession.id == row.session_id)
    meeting = db.scalars(found.with_for_update()).one()
    given = dict(row.given or {})
    changed = as_changed(meeting, given.get("change"))
    if not may(staff.roles_of(db, row.author_id), Role.BROADCASTER):
        return "plan.refused.author"
    stands = meeting.state == SessionState.DRAFT if row.kind == ANNOUNCE else meeting.state in COMING_STATES
    same = meeting.edition == given.get("edition") and _texts(desk, row.kind, changed) == row.texts
    if not stands or not same or not is_intact(row) or changed.starts_at <= desk.clock.now():
        return "plan.refused.meanwhile"
    if row.kind == ANNOUNCE:
        _announce(meeting, row)
    elif not _may_tell(db, desk, row, meeting.id):
        return "plan.refused.meanwhile"
    else:
        _move(db, desk, meeting, row, given["change"])
    start_broadcast(db, desk, row)
    return None


def _announce(meeting: AwarenessSession, row: Broadcast) -> None:
    meeting.state = SessionState.ANNOUNCED
    row.edition, row.not_after = 1, meeting.starts_at


def _move(db: Session, desk: Desk, meeting: AwarenessSession, row: Broadcast, change: Mapping[str, Any]) -> None:
    before = meeting.starts_at
    apply_change(meeting, change)
    meeting.edition += 1
    meeting.state = SessionState.MOVED
    withdraw_outdated(db, desk, meeting)
    move_announcement(db, meeting)
    row.edition, row.not_after = meeting.edition, max(before, meeting.starts_at) + USEFUL_AFTER
    if is_urgent(desk, before, meeting.starts_at):
        row.given = {**(row.given or {}), "urgent": True}


def _may_tell(db: Session, desk: Desk, row: Broadcast, session_id: int) -> bool:
    """Make the audience of a change who knows of the session now: who came to know meanwhile would be left with the old
    date; who does not know yet is told the new one by what is on its way. Returns whether so many may be told.
    """
    knowing = [each.id for each in broadcast.contacts_by_id(db, people_knowing(db, session_id)) if wants_sessions(each)]
    above = bool(desk.policy.approve_above) and len(knowing) > desk.policy.approve_above
    if above and row.approver_id is None and len(knowing) > row.count:
        return False
    row.frozen, row.count, row.hash = broadcast.pack_audience(knowing)
    return True


def announce_to_nobody(db: Session, desk: Desk, contact: Contact, row: AwarenessSession) -> None:
    """Announce a session nobody is concerned by: it stands in the lists, and its author hears that nobody was told."""
    row.state = SessionState.ANNOUNCED
    start_session_broadcast(db, desk, SessionBroadcast(ANNOUNCE, contact.id, row.id, 1, row.starts_at), ())


def drop_not_started(db: Session, session_id: int) -> None:
    """Drop what was prepared about a session and has not left: it is called off."""
    found = sa.select(Broadcast).where(Broadcast.session_id == session_id, Broadcast.state.in_(NOT_STARTED))
    for row in db.scalars(found):
        broadcast.drop_broadcast_row(row)
