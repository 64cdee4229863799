"""Change notices: whom a change of a session is told, and what it makes of what is on its way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.sessions.flow import session_placeholders
from conversations.values import OperationResult, Reply, Say, SubjectKind
from models.broadcast import Broadcast, BroadcastState, PauseReason, frozen_people, withdraw_pending
from models.contact import Contact
from models.delivery import Delivery, DeliveryKind, DeliveryState, Reason
from models.session import Attendance, AttendanceAnswer, AwarenessSession, SessionState
from services.broadcasts.fanout import SessionBroadcast, enqueue_batch, start_session_broadcast
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.outbox.notice_kinds import SESSION_NOTICES
from services.outbox.send_outcomes import close_delivery
from services.sessions.sources import people_told, session_view, ticket

SETS_OUT = timedelta(hours=2)  # people are on their way to a session so long before it
USEFUL_AFTER = timedelta(hours=2)  # so long it is still of use to know that it was moved or called off


def people_knowing(db: Session, session_id: int) -> list[UUID]:
    """Return who knows of a session, or may: of what the database forgot when it was put back from a copy,
    everybody.
    """
    every = set(db.scalars(people_told(session_id)))
    forgotten = sa.select(Broadcast).where(Broadcast.session_id == session_id, Broadcast.why == PauseReason.RESTORED)
    for row in db.scalars(forgotten):
        every.update(frozen_people(row))
    return sorted(every)


def tell_change(
    db: Session,
    desk: Desk,
    contact: Contact,
    row: AwarenessSession,
    kind: str,
    told: Sequence[UUID],
    before: datetime,
    said: str,
) -> OperationResult:
    """Tell people of a session's change; at night only of one they would set out for before the morning. Returns
    what the clerk is told.
    """
    at_night = desk.policy.is_quiet(desk.clock.wall())
    last = max(before, row.starts_at)
    urgent = is_urgent(desk, before, row.starts_at)
    occasion = SessionBroadcast(
        kind, contact.id, row.id, row.edition, not_after=last + USEFUL_AFTER, given={"urgent": True} if urgent else None
    )
    count = start_session_broadcast(db, desk, occasion, told).count
    says = [Say(said, {"number": count}, count=count)]
    if at_night:
        says.append(Say("manage.done.night" if urgent else "manage.done.morning"))
    return OperationResult(tuple(says))


def is_urgent(desk: Desk, before: datetime, after: datetime) -> bool:
    """Return whether it is night, and people would set out before the morning is there to tell them."""
    return desk.policy.is_quiet(desk.clock.wall()) and min(before, after) < _morning(desk) + SETS_OUT


def _morning(desk: Desk) -> datetime:
    """When the night ends that it is now."""
    wall, quiet = desk.clock.wall(), desk.policy.quiet
    assert quiet is not None
    ends = datetime.combine(wall.date(), quiet[1])
    return desk.clock.at(ends if ends > wall else ends + timedelta(days=1))


def move_announcement(db: Session, row: AwarenessSession) -> None:
    """Let what is still on its way of a session's announcement tell the new moment, until then."""
    found = sa.select(Broadcast).where(
        Broadcast.session_id == row.id,
        Broadcast.kind == "announce",
        Broadcast.state.in_((BroadcastState.GOING, BroadcastState.PAUSED)),
    )
    for broadcast in db.scalars(found):
        broadcast.not_after = row.starts_at
        waiting = sa.update(Delivery).where(
            Delivery.broadcast_id == broadcast.id, Delivery.state == DeliveryState.PENDING
        )
        db.execute(waiting.values(not_after=row.starts_at).execution_options(synchronize_session=False))


def withdraw_outdated(db: Session, desk: Desk, row: AwarenessSession) -> None:
    """Withdraw what has not left yet and would tell what is no longer so; tell a place given meanwhile anew."""
    found = sa.select(Broadcast).where(
        Broadcast.session_id == row.id, Broadcast.state.in_((BroadcastState.GOING, BroadcastState.PAUSED))
    )
    for broadcast in db.scalars(found):
        if row.state == SessionState.CANCELLED or _of_edition(broadcast):
            _withdraw(db, desk, broadcast)
    for mine in _places_not_told(db, row.id):
        if row.state != SessionState.CANCELLED:
            tell_place(db, desk, row, mine)


def _of_edition(broadcast: Broadcast) -> bool:
    """Return whether a broadcast tells of the session as it stood before the change."""
    return broadcast.kind in SESSION_NOTICES and SESSION_NOTICES[broadcast.kind].of_edition


def _withdraw(db: Session, desk: Desk, broadcast: Broadcast) -> None:
    withdraw_pending(db, broadcast.id)
    if broadcast.put < broadcast.count:  # the others are counted by the clock
        broadcast.state = BroadcastState.UNDONE
        enqueue_batch(db, desk, broadcast)
    elif broadcast.state == BroadcastState.PAUSED:  # nothing is left to hold back: it comes to its end
        broadcast.state, broadcast.why = BroadcastState.GOING, None


def _places_not_told(db: Session, session_id: int) -> list[Attendance]:
    """Who was not told yet that a place is hers: what would be told is withdrawn."""
    found = sa.select(Delivery).where(
        Delivery.about == str(SubjectKind.SESSION.of(session_id)),
        Delivery.state == DeliveryState.PENDING,
        Delivery.kind == DeliveryKind.NOTICE,
    )
    every = []
    for row in db.scalars(found).all():
        close_delivery(row, DeliveryState.CANCELLED, Reason.UNDONE)
        mine = db.get(Attendance, (session_id, row.contact_id))
        if mine is not None and mine.answer == AttendanceAnswer.COMES:
            every.append(mine)
    return every


def tell_place(db: Session, desk: Desk, row: AwarenessSession, mine: Attendance) -> None:
    """Tell her that a place that is free again is hers: her code, and the words to say that she cannot."""
    contact = db.get_one(Contact, mine.contact_id)
    says, media = ticket(desk, contact, row, mine)
    told = (Say("attend.place", dict(session_placeholders(session_view(desk, row)))), *says)
    reply = Reply(told, (actions.action_button("attend", "no", row.id),), media, numbered=False)
    enqueue_notice(db, desk, contact, reply, about=SubjectKind.SESSION.of(row.id), not_after=row.starts_at)
