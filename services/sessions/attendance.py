"""Who comes to an awareness session: her answer, a place free again, her code, the door, her rating."""

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.desk.chat import base36
from conversations.roles import Role, may
from conversations.sessions.flow import TEXT_VERSION, session_placeholders
from conversations.values import Lines, Media, Named, Operation, OperationResult, Say, SubjectKind
from models import session, staff
from models.contact import Contact
from models.registration import files_of
from models.session import COMING_STATES, Attendance, AttendanceAnswer, AwarenessSession, SessionState, Subscription
from services.broadcasts.audience import place_offered
from services.context import Desk
from services.people.files import name_of
from services.sessions.change_notices import tell_place
from services.sessions.sessions import SESSION_GONE, coming_session
from services.sessions.sources import DoorSource, door_link, next_nearby, session_view, ticket

MOST_LISTED = 60
BY_CLERK, BY_HERSELF = "clerk", "door"


def attend_yes(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she comes, while there is a place. Returns her code, the calendar and the pin; the offer to wait
    when it is full.
    """
    row = coming_session(db, desk, int(operation.answers["session"]))
    if row is None:
        return SESSION_GONE
    mine = db.get(Attendance, (row.id, contact.id))
    already = mine is not None and mine.answer == AttendanceAnswer.COMES
    if _full(db, row) and not already:
        if mine is not None and mine.answer == AttendanceAnswer.WAITS:
            return OperationResult(
                (Say("attend.wait"),), about=SubjectKind.SESSION.of(row.id), refused=operation.flow is not None
            )
        offers = (actions.action_button("attend", "wait", row.id), actions.action_button("attend", "next", row.id))
        if operation.flow is not None:  # the form under it offers the same
            return OperationResult((Say("sessions.meeting.full"),), refused=True)
        return OperationResult((Say("attend.full"),), offers, about=SubjectKind.SESSION.of(row.id))
    mine = _answered(db, desk, contact, row, AttendanceAnswer.COMES)
    return _welcome(desk, contact, row, mine, operation.flow)


def _welcome(
    desk: Desk, contact: Contact, row: AwarenessSession, mine: Attendance, flow: str | None
) -> OperationResult:
    hers, media = ticket(desk, contact, row, mine)
    says = [Say("attend.yes", dict(session_placeholders(session_view(desk, row, mine=mine)))), *hers[:1]]
    if contact.stopped_at is not None:  # she asks for its reminders: said, for it brings back the rest
        contact.stopped_at = None
        says.append(Say("attend.again"))
    offers = () if flow else (actions.action_button("attend", "no", row.id),)
    return OperationResult((*says, *hers[1:]), offers, media, about=SubjectKind.SESSION.of(row.id))


def _full(db: Session, row: AwarenessSession) -> bool:
    return row.capacity is not None and session.answer_counts(db, row.id).get(AttendanceAnswer.COMES, 0) >= row.capacity


def attend_no(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she cannot come, and give her place to who waits longest. Returns what she is told, with the next
    session nearby.
    """
    row = coming_session(db, desk, int(operation.answers["session"]))
    if row is None:
        return SESSION_GONE
    _answered(db, desk, contact, row, AttendanceAnswer.CANNOT)
    return OperationResult((Say("attend.no"),), about=SubjectKind.SESSION.of(row.id))


def attend_next(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she cannot come to this session and wishes to be told of the next. Returns what she is told."""
    row = coming_session(db, desk, int(operation.answers["session"]))
    if row is None:
        return SESSION_GONE
    _answered(db, desk, contact, row, AttendanceAnswer.CANNOT)
    following = next_nearby(db, desk, row)
    if following is not None:
        says = (Say("attend.no"), Say("attend.following", dict(session_placeholders(session_view(desk, following)))))
        return OperationResult(
            says,
            (actions.action_button("attend", "yes", following.id),),
            about=SubjectKind.SESSION.of(following.id),
        )
    if db.get(Subscription, contact.id) is None:
        return OperationResult((Say("attend.no"),), opens=("subscribe", {"province": row.province}))
    return OperationResult((Say("attend.no"), Say("attend.next")), about=SubjectKind.SESSION.of(row.id))


def attend_wait(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she waits for a place. Returns what she is told."""
    row = coming_session(db, desk, int(operation.answers["session"]))
    if row is None:
        return SESSION_GONE
    if not _full(db, row):
        return attend_yes(db, desk, contact, operation)
    mine = db.get(Attendance, (row.id, contact.id))
    if mine is None or mine.answer == AttendanceAnswer.CANNOT:
        _answered(db, desk, contact, row, AttendanceAnswer.WAITS)
    return OperationResult((Say("attend.wait"),), about=SubjectKind.SESSION.of(row.id))


def _answered(db: Session, desk: Desk, contact: Contact, row: AwarenessSession, answer: str) -> Attendance:
    mine = db.get(Attendance, (row.id, contact.id))
    was = mine.answer if mine else None
    if mine is None:
        mine = Attendance(session_id=row.id, contact_id=contact.id)
        db.add(mine)
    mine.answer = answer
    mine.at = desk.clock.now()
    if answer == AttendanceAnswer.COMES and mine.code is None:
        mine.code = _code(db, row)
    db.flush()
    if was == AttendanceAnswer.COMES and answer == AttendanceAnswer.CANNOT:
        give_place(db, desk, row)
    return mine


def _code(db: Session, row: AwarenessSession) -> str:
    """Six digits nobody else of this session has."""
    taken = set(db.scalars(sa.select(Attendance.code).where(Attendance.session_id == row.id)))
    while (code := f"{secrets.randbelow(900_000) + 100_000}") in taken:
        continue
    return code


def give_place(db: Session, desk: Desk, row: AwarenessSession) -> bool:
    """Give a free place to who waits longest, and tell her. Returns whether somebody waited."""
    if row.capacity is None or _full(db, row):
        return False
    first = session.first_waiting(db, row.id)
    if first is None:
        return False
    first.answer, first.code = AttendanceAnswer.COMES, _code(db, row)
    db.flush()
    tell_place(db, desk, row, first)
    return True


def subscribe(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she wishes to be told: where, in which words she agreed, when, on which channel. Returns what she is
    told.
    """
    given = operation.answers
    if given.get("agree") != "yes" or contact.channel is None or not place_offered(desk, given):
        return OperationResult((Say("desk.not_offered"),), refused=True)
    db.merge(
        Subscription(
            contact_id=contact.id,
            commune=given["commune"],
            province=given["province"],
            reach=given["reach"],
            text_version=TEXT_VERSION,
            language=contact.language or "ar",
            channel=contact.channel,
            since=desk.clock.now(),
        )
    )
    contact.stopped_at = None
    contact.muted = " ".join(sorted(set(contact.muted.split()) - {"sessions"}))
    return OperationResult((Say("subscribe.done"),))


# -- at the door ------------------------------------------------------------------------------------


def check_in(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that she is there, by the hall's code. Returns a welcome; refused for a wrong code."""
    row = _of_today(db, desk, contact, int(operation.answers["session"]))
    if row is None or not secrets.compare_digest(str(row.door or ""), str(operation.answers["code"])):
        return OperationResult((Say("door.wrong"),), refused=True)
    mine = db.get(Attendance, (row.id, contact.id))
    if mine is None:
        mine = Attendance(session_id=row.id, contact_id=contact.id, answer=AttendanceAnswer.COMES, at=desk.clock.now())
        db.add(mine)
    if mine.came_at is None:
        mine.came_at, mine.came_by = desk.clock.now(), BY_HERSELF
    return OperationResult(
        (Say("door.welcome", dict(session_placeholders(session_view(desk, row)))),),
        about=SubjectKind.SESSION.of(row.id),
    )


def check_in_by_square(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Count in the person whose square code a clerk read. Returns whom; to anybody else, nothing."""
    if not may(staff.roles_of(db, contact.id), Role.BROADCASTER):
        return OperationResult((Say("door.yours"),), refused=True)
    says = _counted(db, desk, contact, int(operation.answers["session"]), str(operation.answers["code"]))
    return OperationResult(says, about=SubjectKind.DOOR.of(str(operation.answers["session"])))


def check_in_by_code(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Count in the person whose code a clerk typed. Returns whom, and the question for the next."""
    id = int(operation.answers["session"])
    says = _counted(db, desk, contact, id, str(operation.answers["code"]))
    return OperationResult(says, opens=("door", {"session": str(id)}))


def show_hall_code(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the hall's code to show at the entrance, for people to say themselves that they are there."""
    row = db.get(AwarenessSession, int(operation.answers["session"]))
    if row is None:
        return SESSION_GONE
    if row.door is None:
        row.door = f"{secrets.randbelow(9000) + 1000}"
    link = door_link(desk, contact, "d", row, row.door)
    words = Named.same(f"d-{base36(row.id)}-{row.door}")
    media = (Media("pass", link),) if link else ()
    again = ("door", {"session": str(row.id)})  # people's own codes may still be typed
    return OperationResult(
        (Say("door.hall", {"code": words}),), media=media, about=SubjectKind.DOOR.of(row.id), opens=again
    )


def _counted(db: Session, desk: Desk, contact: Contact, id: int, code: str) -> tuple[Say | Lines, ...]:
    row = _of_today(db, desk, contact, id)
    found = sa.select(Attendance).where(Attendance.session_id == id, Attendance.code == code)
    mine = db.scalars(found).one_or_none()
    if row is None or mine is None:
        return (Say("door.unknown"),)
    said = "door.already" if mine.came_at is not None else "door.counted"
    if mine.came_at is None:
        mine.came_at, mine.came_by = desk.clock.now(), BY_CLERK
        db.flush()
    return (Say(said, {"name": _name(db, desk, mine), "came": session.count_came(db, id)}),)


def _of_today(db: Session, desk: Desk, contact: Contact, id: int) -> AwarenessSession | None:
    row = db.get(AwarenessSession, id)
    if row is None or row.state not in (*COMING_STATES, SessionState.HELD):
        return None
    return row if DoorSource(db, desk, contact.id).offers(str(id)) else None


def _name(db: Session, desk: Desk, mine: Attendance) -> Named | Say:
    """Her name, of each file of her phone; without one, her code."""
    names = " / ".join(name_of(desk, file) for file in files_of(db, mine.contact_id))
    return Named.same(names) if names else Say("door.nameless", {"code": Named.same(mine.code or "")})


def _listed(db: Session, desk: Desk, mine: Attendance) -> Say:
    name = _name(db, desk, mine)
    if isinstance(name, Say):
        return Say("manage.people.nameless", name.placeholders)
    return Say("manage.people.one", {"name": name, "code": Named.same(mine.code or "")})


def list_attendees(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the list for the door: who comes, by name where there is a file; who waits; who was there."""
    id, _, _ = str(operation.answers["session"]).partition(".")
    row = db.get(AwarenessSession, int(id))
    if row is None:
        return SESSION_GONE
    rows = db.scalars(sa.select(Attendance).where(Attendance.session_id == row.id).order_by(Attendance.at)).all()
    said = session.answer_counts(db, row.id)
    figures: dict[str, Any] = {
        "comes": said.get(AttendanceAnswer.COMES, 0),
        "waits": said.get(AttendanceAnswer.WAITS, 0),
        "cannot": said.get(AttendanceAnswer.CANNOT, 0),
        "came": session.count_came(db, row.id),
    }
    lines = [_listed(db, desk, each) for each in rows if each.answer == AttendanceAnswer.COMES]
    head = Say("manage.people", {**session_placeholders(session_view(desk, row)), **figures})
    rest = len(lines) - MOST_LISTED
    more = (Say("manage.people.more", {"number": rest}, count=rest),) if rest > 0 else ()
    return OperationResult((Lines((head, *lines[:MOST_LISTED], *more)),))


# -- after it ---------------------------------------------------------------------------------------


def rate_session(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note one rating of one who was there; the last one counts. Returns thanks."""
    mine = db.get(Attendance, (int(operation.answers["rating"]), contact.id))
    if mine is None or mine.came_at is None:
        return OperationResult((Say("desk.stale"),), refused=True)
    mine.rating = int(operation.answers["stars"])
    return OperationResult((Say("attend.rated"),))
