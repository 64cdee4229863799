"""Awareness sessions: planned, moved, called off; answered; wished for."""

from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations import acts
from conversations.sessions.flow import TEXT_VERSION, blanks
from conversations.values import Answers, Deed, Done, Media, Named, Say
from locales.speech import LANGUAGES
from models import session
from models.broadcast import GOING, Broadcast, withdraw
from models.contact import Contact
from models.session import CANCELLED, CANNOT, COMES, PLANNED, Attendance, AwarenessSession, Subscription
from services.audience import place_offered
from services.bulk import Occasion, going_out
from services.calendar import seen, told_of
from services.desk import Desk

REMINDERS = ("evening", "morning")


def plan(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A new session. The clock announces it; checked again here, for a form may have waited weeks."""
    given = deed.answers
    starts_at = _moment(desk, given)
    if starts_at <= desk.clock.now():
        return Done((Say("plan.past"),), refused=True)
    if not place_offered(desk, given):
        return Done((Say("desk.not_offered"),), refused=True)
    standard = given["text_ar"] == "standard"
    row = AwarenessSession(
        commune=given["commune"], province=given["province"], place=_place(given), pin=_pin(given),
        starts_at=starts_at, texts=None if standard else {"ar": given["text_ar"], "fr": given["text_fr"]},
        capacity=None if given["capacity"] == "open" else given["capacity"],
        author_id=contact.id, created_at=desk.clock.now(),
    )  # fmt: skip
    db.add(row)
    db.flush()
    when = "morning" if desk.policy.is_quiet(desk.clock.wall()) else "now"
    return Done((Say(f"plan.done.{when}", {"number": Named.same(str(row.id))}),))


def move(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Another moment or another place: told to exactly those who were told of the last."""
    row = _chosen(db, desk, deed)
    if isinstance(row, Done):
        return row
    told = list(db.scalars(told_of(row.id)))
    if deed.answers["what"] == "moment":
        starts_at = _moment(desk, deed.answers)
        if starts_at <= desk.clock.now():
            return Done((Say("plan.past"),), refused=True)
        kind, row.starts_at = "moved", starts_at
    else:
        kind, row.place, row.pin = "placed", _place(deed.answers), _pin(deed.answers)
    row.edition += 1
    _drop(db, row.id, ("moved", "placed", *REMINDERS))
    occasion = Occasion(kind, contact.id, row.id, row.edition, not_after=row.starts_at)
    return _told(going_out(db, desk, occasion, told), "manage.done.moved")


def cancel(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Called off: told to exactly those who were told of it, and nothing else leaves about it."""
    row = _chosen(db, desk, deed)
    if isinstance(row, Done):
        return row
    told = list(db.scalars(told_of(row.id)))
    row.state = CANCELLED
    row.edition += 1
    _drop(db, row.id, None)
    occasion = Occasion("cancelled", contact.id, row.id, row.edition, not_after=row.starts_at)
    return _told(going_out(db, desk, occasion, told), "manage.done.cancelled")


def _told(broadcast: Broadcast, said: str) -> Done:
    return Done((Say(said, {"number": broadcast.count}, count=broadcast.count),))


def _held(db: Session, desk: Desk, deed: Deed) -> AwarenessSession | None:
    """The session of a form, if it is still to come."""
    id, _, _ = str(deed.answers["session"]).partition(".")
    found = sa.select(AwarenessSession).where(AwarenessSession.id == int(id))
    row = db.scalars(found.with_for_update()).one_or_none()
    return row if row is not None and row.state == PLANNED and row.starts_at > desk.clock.now() else None


def _chosen(db: Session, desk: Desk, deed: Deed) -> AwarenessSession | Done:
    """The session a clerk changes, as she saw it; the refusal when it is gone, or changed since."""
    row = _held(db, desk, deed)
    if row is None:
        return Done((Say("sessions.meeting.gone"),), refused=True)
    _, _, edition = str(deed.answers["session"]).partition(".")
    return row if edition == str(row.edition) else Done((Say("manage.meanwhile"),), refused=True)


def _drop(db: Session, session_id: int, kinds: tuple[str, ...] | None) -> None:
    """What has not left yet of earlier messages about a session would tell what is no longer so."""
    found = sa.select(Broadcast).where(Broadcast.session_id == session_id, Broadcast.state == GOING)
    for broadcast in db.scalars(found):
        if kinds is None or broadcast.kind in kinds:
            withdraw(db, broadcast.id, "the session changed")


def _moment(desk: Desk, given: Answers) -> datetime:
    return desk.clock.at(
        datetime.combine(date.fromisoformat(given["day"]), time.fromisoformat(given["hour"]))
    )


def _place(given: Answers) -> dict[str, str]:
    return {"ar": given["place_ar"], "fr": given["place_fr"]}


def _pin(given: Answers) -> str | None:
    return None if given["pin"] == "none" else str(given["pin"])


# -- the artisan's side -----------------------------------------------------------------------


def attend_yes(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She comes: noted, with the calendar and the pin; reminders will follow."""
    row = _held(db, desk, deed)
    if row is None:
        return Done((Say("sessions.meeting.gone"),), refused=True)
    mine = db.get(Attendance, (row.id, contact.id))
    comes = session.answers(db, row.id).get(COMES, 0)
    already = mine is not None and mine.answer == COMES
    if row.capacity is not None and comes >= row.capacity and not already:
        return Done((Say("sessions.meeting.full"),), refused=True)
    _answered(db, desk, contact, row, COMES)
    meeting = seen(desk, row)
    says = [Say("attend.yes", blanks(meeting))]
    if contact.stopped_at is not None:  # she asks for its reminders: said, for it brings back the rest
        contact.stopped_at = None
        says.append(Say("attend.again"))
    if desk.policy.url:
        link = Named({each: f"{desk.policy.url}/calendar/{each}/{row.id}.ics" for each in LANGUAGES})
        says.append(Say("attend.calendar", {"link": link}))
    pins = (Media("pin", meeting.pin),) if meeting.pin else ()
    offers = () if deed.flow else (acts.offer("attend", "no", row.id),)
    return Done(tuple(says), offers, pins, about=f"session:{row.id}")


def attend_no(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She cannot: noted, and no reminder of it."""
    row = _held(db, desk, deed)
    if row is None:
        return Done((Say("sessions.meeting.gone"),), refused=True)
    _answered(db, desk, contact, row, CANNOT)
    return Done((Say("attend.no"),), about=f"session:{row.id}")


def _answered(db: Session, desk: Desk, contact: Contact, row: AwarenessSession, answer: str) -> None:
    values: dict[str, Any] = {"answer": answer, "at": desk.clock.now()}
    db.merge(Attendance(session_id=row.id, contact_id=contact.id, **values))
    db.flush()


def subscribe(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She wishes to be told: where, in which words she agreed, when, on which channel."""
    given = deed.answers
    if given.get("agree") != "yes" or contact.channel is None or not place_offered(desk, given):
        return Done((Say("desk.not_offered"),), refused=True)
    db.merge(
        Subscription(
            contact_id=contact.id, commune=given["commune"], province=given["province"],
            reach=given["reach"], text_version=TEXT_VERSION, language=contact.language or "ar",
            channel=contact.channel, since=desk.clock.now(),
        )
    )  # fmt: skip
    contact.stopped_at = None
    return Done((Say("subscribe.done"),))
