"""Who comes to an awareness session: her answer, a place free again, her code, the door, her rating."""

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.desk.chat import base36
from conversations.roles import BROADCASTER, may
from conversations.sessions.flow import TEXT_VERSION, blanks
from conversations.values import Deed, Done, Lines, Media, Named, Say
from models import session, staff
from models.contact import Contact
from models.registration import files_of
from models.session import CANNOT, COMES, COMING, HELD, WAITS, Attendance, AwarenessSession, Subscription
from services.broadcasts.audience import place_offered
from services.context import Desk
from services.people.files import name_of
from services.sessions.change_notices import tell_place
from services.sessions.sessions import GONE, held
from services.sessions.sources import Doors, door_link, next_nearby, seen, ticket

MOST_LISTED = 60
CLERK, HERSELF = "clerk", "door"


def attend_yes(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She comes: noted, with her code, the calendar and the pin; reminders will follow."""
    row = held(db, desk, int(deed.answers["session"]))
    if row is None:
        return GONE
    mine = db.get(Attendance, (row.id, contact.id))
    already = mine is not None and mine.answer == COMES
    if _full(db, row) and not already:
        if mine is not None and mine.answer == WAITS:
            return Done((Say("attend.wait"),), about=f"session:{row.id}", refused=deed.flow is not None)
        offers = (actions.offer("attend", "wait", row.id), actions.offer("attend", "next", row.id))
        if deed.flow is not None:  # the form under it offers the same
            return Done((Say("sessions.meeting.full"),), refused=True)
        return Done((Say("attend.full"),), offers, about=f"session:{row.id}")
    mine = _answered(db, desk, contact, row, COMES)
    return _welcome(desk, contact, row, mine, deed.flow)


def _welcome(desk: Desk, contact: Contact, row: AwarenessSession, mine: Attendance, flow: str | None) -> Done:
    hers, media = ticket(desk, contact, row, mine)
    says = [Say("attend.yes", dict(blanks(seen(desk, row, mine=mine)))), *hers[:1]]
    if contact.stopped_at is not None:  # she asks for its reminders: said, for it brings back the rest
        contact.stopped_at = None
        says.append(Say("attend.again"))
    offers = () if flow else (actions.offer("attend", "no", row.id),)
    return Done((*says, *hers[1:]), offers, media, about=f"session:{row.id}")


def _full(db: Session, row: AwarenessSession) -> bool:
    return row.capacity is not None and session.answers(db, row.id).get(COMES, 0) >= row.capacity


def attend_no(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She cannot: noted, and no reminder of it; her place is another's."""
    row = held(db, desk, int(deed.answers["session"]))
    if row is None:
        return GONE
    _answered(db, desk, contact, row, CANNOT)
    return Done((Say("attend.no"),), about=f"session:{row.id}")


def attend_next(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Not this one: the next is told her, the one that is known and those to come."""
    row = held(db, desk, int(deed.answers["session"]))
    if row is None:
        return GONE
    _answered(db, desk, contact, row, CANNOT)
    following = next_nearby(db, desk, row)
    if following is not None:
        says = (Say("attend.no"), Say("attend.following", dict(blanks(seen(desk, following)))))
        return Done(says, (actions.offer("attend", "yes", following.id),), about=f"session:{following.id}")
    if db.get(Subscription, contact.id) is None:
        return Done((Say("attend.no"),), opens=("subscribe", {"province": row.province}))
    return Done((Say("attend.no"), Say("attend.next")), about=f"session:{row.id}")


def attend_wait(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She waits for a place: who waits longest has the first that is free again."""
    row = held(db, desk, int(deed.answers["session"]))
    if row is None:
        return GONE
    if not _full(db, row):
        return attend_yes(db, desk, contact, deed)
    mine = db.get(Attendance, (row.id, contact.id))
    if mine is None or mine.answer == CANNOT:
        _answered(db, desk, contact, row, WAITS)
    return Done((Say("attend.wait"),), about=f"session:{row.id}")


def _answered(db: Session, desk: Desk, contact: Contact, row: AwarenessSession, answer: str) -> Attendance:
    mine = db.get(Attendance, (row.id, contact.id))
    was = mine.answer if mine else None
    if mine is None:
        mine = Attendance(session_id=row.id, contact_id=contact.id)
        db.add(mine)
    mine.answer = answer
    mine.at = desk.clock.now()
    if answer == COMES and mine.code is None:
        mine.code = _code(db, row)
    db.flush()
    if was == COMES and answer == CANNOT:
        give_place(db, desk, row)
    return mine


def _code(db: Session, row: AwarenessSession) -> str:
    """Six digits nobody else of this session has."""
    taken = set(db.scalars(sa.select(Attendance.code).where(Attendance.session_id == row.id)))
    while (code := f"{secrets.randbelow(900_000) + 100_000}") in taken:
        continue
    return code


def give_place(db: Session, desk: Desk, row: AwarenessSession) -> bool:
    """A place is free: who waits longest has it, and is told."""
    if row.capacity is None or _full(db, row):
        return False
    first = session.first_waiting(db, row.id)
    if first is None:
        return False
    first.answer, first.code = COMES, _code(db, row)
    db.flush()
    tell_place(db, desk, row, first)
    return True


def subscribe(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She wishes to be told: where, in which words she agreed, when, on which channel."""
    given = deed.answers
    if given.get("agree") != "yes" or contact.channel is None or not place_offered(desk, given):
        return Done((Say("desk.not_offered"),), refused=True)
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
    return Done((Say("subscribe.done"),))


# -- at the door ------------------------------------------------------------------------------------


def here(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She is at the door and shows the hall's code: she came."""
    row = _of_today(db, desk, contact, int(deed.answers["session"]))
    if row is None or not secrets.compare_digest(str(row.door or ""), str(deed.answers["code"])):
        return Done((Say("door.wrong"),), refused=True)
    mine = db.get(Attendance, (row.id, contact.id))
    if mine is None:
        mine = Attendance(session_id=row.id, contact_id=contact.id, answer=COMES, at=desk.clock.now())
        db.add(mine)
    if mine.came_at is None:
        mine.came_at, mine.came_by = desk.clock.now(), HERSELF
    return Done((Say("door.welcome", dict(blanks(seen(desk, row)))),), about=f"session:{row.id}")


def seen_by_clerk(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A person's square code, read with a phone: of the chamber's people it counts her in; of any other,
    nothing is told."""
    if not may(staff.role_of(db, contact.id), BROADCASTER):
        return Done((Say("door.yours"),), refused=True)
    says = _counted(db, desk, contact, int(deed.answers["session"]), str(deed.answers["code"]))
    return Done(says, about=f"door:{deed.answers['session']}")


def door_code(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A person's code, typed: she is counted in, and the next may be typed."""
    id = int(deed.answers["session"])
    says = _counted(db, desk, contact, id, str(deed.answers["code"]))
    return Done(says, opens=("door", {"session": str(id)}))


def hall_code(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """What to show at the entrance, for people to say themselves that they are there."""
    row = db.get(AwarenessSession, int(deed.answers["session"]))
    if row is None:
        return GONE
    if row.door is None:
        row.door = f"{secrets.randbelow(9000) + 1000}"
    link = door_link(desk, contact, "d", row, row.door)
    words = Named.same(f"d-{base36(row.id)}-{row.door}")
    media = (Media("pass", link),) if link else ()
    again = ("door", {"session": str(row.id)})  # people's own codes may still be typed
    return Done((Say("door.hall", {"code": words}),), media=media, about=f"door:{row.id}", opens=again)


def _counted(db: Session, desk: Desk, contact: Contact, id: int, code: str) -> tuple[Say | Lines, ...]:
    row = _of_today(db, desk, contact, id)
    found = sa.select(Attendance).where(Attendance.session_id == id, Attendance.code == code)
    mine = db.scalars(found).one_or_none()
    if row is None or mine is None:
        return (Say("door.unknown"),)
    said = "door.already" if mine.came_at is not None else "door.counted"
    if mine.came_at is None:
        mine.came_at, mine.came_by = desk.clock.now(), CLERK
        db.flush()
    return (Say(said, {"name": _name(db, desk, mine), "came": session.came(db, id)}),)


def _of_today(db: Session, desk: Desk, contact: Contact, id: int) -> AwarenessSession | None:
    row = db.get(AwarenessSession, id)
    if row is None or row.state not in (*COMING, HELD):
        return None
    return row if Doors(db, desk, contact.id).offers(str(id)) else None


def _name(db: Session, desk: Desk, mine: Attendance) -> Named | Say:
    """Her name, of each file of her phone; without one, her code."""
    names = " / ".join(name_of(desk, file) for file in files_of(db, mine.contact_id))
    return Named.same(names) if names else Say("door.nameless", {"code": Named.same(mine.code or "")})


def _listed(db: Session, desk: Desk, mine: Attendance) -> Say:
    name = _name(db, desk, mine)
    if isinstance(name, Say):
        return Say("manage.people.nameless", name.blanks)
    return Say("manage.people.one", {"name": name, "code": Named.same(mine.code or "")})


def who_comes(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The list for the door: who comes, by name where there is a file; who waits; who was there."""
    id, _, _ = str(deed.answers["session"]).partition(".")
    row = db.get(AwarenessSession, int(id))
    if row is None:
        return GONE
    rows = db.scalars(sa.select(Attendance).where(Attendance.session_id == row.id).order_by(Attendance.at)).all()
    said = session.answers(db, row.id)
    figures: dict[str, Any] = {
        "comes": said.get(COMES, 0),
        "waits": said.get(WAITS, 0),
        "cannot": said.get(CANNOT, 0),
        "came": session.came(db, row.id),
    }
    lines = [_listed(db, desk, each) for each in rows if each.answer == COMES]
    head = Say("manage.people", {**blanks(seen(desk, row)), **figures})
    rest = len(lines) - MOST_LISTED
    more = (Say("manage.people.more", {"number": rest}, count=rest),) if rest > 0 else ()
    return Done((Lines((head, *lines[:MOST_LISTED], *more)),))


# -- after it ---------------------------------------------------------------------------------------


def rate(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """One rating of one who was there; the last one counts."""
    mine = db.get(Attendance, (int(deed.answers["rating"]), contact.id))
    if mine is None or mine.came_at is None:
        return Done((Say("desk.stale"),), refused=True)
    mine.rating = int(deed.answers["stars"])
    return Done((Say("attend.rated"),))
