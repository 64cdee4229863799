"""A session as a calendar file."""

import uuid

from sqlalchemy.orm import Session

from conversations.values import Say
from models.session import AwarenessSession, SessionState
from services.context import Desk
from services.key_value import get_value, set_value
from services.sessions.sources import SESSION_LASTS, session_view

INSTALLATION_KEY = "installation"


def installation_id(db: Session) -> str:
    """Return the id of this installation, made with its database: sessions of two chambers are never taken for one."""
    return get_value(db, INSTALLATION_KEY) or "desk"


def name_installation(db: Session) -> None:
    """Give this installation its id, once."""
    if get_value(db, INSTALLATION_KEY) is None:
        set_value(db, INSTALLATION_KEY, uuid.uuid4().hex[:12])


def calendar_file(db: Session, desk: Desk, id: int, language: str) -> bytes | None:
    """Return a session as an iCalendar file (RFC 5545), as it stands now; None when there is no such."""
    from icalendar import Calendar, Event

    row = db.get(AwarenessSession, id)
    if row is None:
        return None
    meeting = session_view(desk, row)
    event = Event()
    event.add("uid", f"session-{row.id}@{installation_id(db)}.hirfa")
    event.add("sequence", row.edition)
    event.add("dtstamp", desk.clock.now())
    event.add("dtstart", row.starts_at)
    event.add("dtend", row.starts_at + SESSION_LASTS)
    event.add("summary", desk.speech.say(Say("calendar.summary"), language))
    where = f"{row.place[language]}, {meeting.commune.names[language]}"
    event.add("location", where)
    event.add("status", "CANCELLED" if row.state == SessionState.CANCELLED else "CONFIRMED")
    if row.texts:
        event.add("description", row.texts[language])
    if row.pin:
        latitude, longitude = row.pin.split(",")
        event.add("geo", (float(latitude), float(longitude)))
    calendar = Calendar()
    calendar.add("prodid", "-//Hirfa//desk//")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
