"""The sessions to come, as forms choose among them."""

import uuid
from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session
from typing_extensions import override

from conversations.context import SessionView
from conversations.desk.chat import base36
from conversations.sessions.flow import session_placeholders
from conversations.values import Answers, Media, Named, Say
from locales.speech import LANGUAGES
from models import session
from models.broadcast import Broadcast, PauseReason
from models.contact import Contact
from models.delivery import MAY_HAVE_ARRIVED, Delivery, DeliveryState
from models.session import COMING_STATES, Attendance, AttendanceAnswer, AwarenessSession, SessionState
from services.context import Desk

SESSIONS_A_PAGE = 6
SESSION_LASTS = timedelta(hours=2)


class SessionSource:
    """A source over the table of sessions; past and cancelled ones keep their label."""

    def __init__(self, db: Session, desk: Desk, contact_id: uuid.UUID) -> None:
        self.db, self.desk, self.contact_id = db, desk, contact_id

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        province = answers.get("province")
        rows = session.coming_sessions(self.db, self.desk.clock.now())
        ids = [str(row.id) for row in rows if province in (None, row.province)]
        return ids[page * SESSIONS_A_PAGE : (page + 1) * SESSIONS_A_PAGE], len(ids) > (page + 1) * SESSIONS_A_PAGE

    def label(self, id: str) -> Named:
        row = self._row(id)
        if row is None:
            raise KeyError(id)
        line = Say("sessions.line", session_placeholders(session_view(self.desk, row)))
        return Named({language: self.desk.speech.say(line, language) for language in LANGUAGES})

    def known(self, id: str) -> bool:
        return self._row(id) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        return True

    def offers(self, id: str) -> bool:
        row = self._row(id)
        return row is not None and row.state in COMING_STATES and row.starts_at > self.desk.clock.now()

    def session(self, id: str) -> SessionView | None:
        """Return a session with its figures, and what this contact answered; None when there is none."""
        row = self._row(id)
        if row is None:
            return None
        mine = self.db.get(Attendance, (row.id, self.contact_id))
        said = session.answer_counts(self.db, row.id)
        comes = said.get(AttendanceAnswer.COMES, 0)
        found = session_view(self.desk, row, comes, _reachable(self.db, people_told(row.id)), mine)
        deaf = comes - _reachable(self.db, session.answerers(row.id, AttendanceAnswer.COMES))
        return replace(
            found, deaf=deaf, waits=said.get(AttendanceAnswer.WAITS, 0), came=session.count_came(self.db, row.id)
        )

    def _row(self, id: str) -> AwarenessSession | None:
        number, _, _ = id.partition(".")
        plain = number.isascii() and number.isdigit() and len(number) < 9
        return self.db.get(AwarenessSession, int(number)) if plain else None


class EditionSource(SessionSource):
    """The same with those put aside, each id with the edition it was chosen in: who changes a session saw it
    as it was then.
    """

    @override
    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        now = self.desk.clock.now()
        rows = [*session.coming_sessions(self.db, now), *session.draft_sessions(self.db, now)]
        ids = [f"{row.id}.{row.edition}" for row in rows]
        return ids[page * SESSIONS_A_PAGE : (page + 1) * SESSIONS_A_PAGE], len(ids) > (page + 1) * SESSIONS_A_PAGE

    @override
    def offers(self, id: str) -> bool:
        row, (_, _, edition) = self._row(id), id.partition(".")
        if row is None or edition != str(row.edition) or row.starts_at <= self.desk.clock.now():
            return False
        return row.state in (*COMING_STATES, SessionState.DRAFT)


class DoorSource(SessionSource):
    """Sessions of these days: where somebody may stand at the door, or did not long ago."""

    BEFORE, AFTER = timedelta(days=1), timedelta(days=2)

    @override
    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        now = self.desk.clock.now()
        ids = [str(row.id) for row in session.begun_sessions(self.db, now - self.AFTER, now + self.BEFORE)]
        return ids[page * SESSIONS_A_PAGE : (page + 1) * SESSIONS_A_PAGE], len(ids) > (page + 1) * SESSIONS_A_PAGE

    @override
    def offers(self, id: str) -> bool:
        row, now = self._row(id), self.desk.clock.now()
        return row is not None and now - self.AFTER < row.starts_at <= now + self.BEFORE


class RecentSessionSource(DoorSource):
    """Sessions of the last weeks and to come, for those who write to their people."""

    BEFORE, AFTER = timedelta(days=370), timedelta(days=60)


def session_view(
    desk: Desk, row: AwarenessSession, comes: int = 0, told: int = 0, mine: Attendance | None = None
) -> SessionView:
    """Return a session as the mind sees it. `comes`, `told`: how many; `mine`: this person's answer."""
    return SessionView(
        id=str(row.id),
        commune=desk.sources["communes"].label(row.commune),
        place=Named(row.place),
        starts=desk.clock.wall(row.starts_at),
        about=Named(row.texts) if row.texts else None,
        pin=row.pin,
        capacity=row.capacity,
        comes=comes,
        told=told,
        mine=mine.answer if mine else None,
        open=row.state in COMING_STATES and row.starts_at > desk.clock.now(),
        state=row.state,
        speakers=Named(row.speakers) if row.speakers else None,
        language=row.language,
        trades=_trades(desk, row.trades),
        code=mine.code if mine else None,
    )


def _trades(desk: Desk, ids: list[str] | None) -> Named | None:
    """Whom a session concerns, as a list in each language."""
    if not ids:
        return None
    names = [desk.sources["crafts"].label(id).names for id in ids]
    return Named({"ar": "، ".join(each["ar"] for each in names), "fr": ", ".join(each["fr"] for each in names)})


def next_nearby(db: Session, desk: Desk, row: AwarenessSession) -> AwarenessSession | None:
    """Return the next session of the same commune; else of the same province; else None."""
    coming = [each for each in session.coming_sessions(db, desk.clock.now()) if each.id != row.id]
    near = [each for each in coming if each.commune == row.commune]
    return next(iter((*near, *(each for each in coming if each.province == row.province))), None)


def door_link(desk: Desk, contact: Contact, whose: str, row: AwarenessSession, code: str) -> str | None:
    """Return what a square code holds: the desk, opened with a code, on the channel that is used; None while every
    door is shut.
    """
    words = f"{whose}-{base36(row.id)}-{code}"
    channel = contact.channel if contact.channel in desk.policy.links else next(iter(desk.policy.links), None)
    return None if channel is None else desk.deep_link(channel, words)


def ticket(
    desk: Desk, contact: Contact, row: AwarenessSession, mine: Attendance
) -> tuple[tuple[Say, ...], tuple[Media, ...]]:
    """Return what she has who comes: her code first, the calendar; and the pin and her square code."""
    says = [Say("attend.code", {"code": Named.same(str(mine.code))})]
    if desk.policy.url:
        calendar = Named({each: f"{desk.policy.url}/calendar/{each}/{row.id}.ics" for each in LANGUAGES})
        says.append(Say("attend.calendar", {"link": calendar}))
    media = [Media("pin", row.pin)] if row.pin else []
    link = door_link(desk, contact, "p", row, str(mine.code))
    if link is not None:
        media.append(Media("pass", link))
    return tuple(says), tuple(media)


def people_told(session_id: int) -> sa.Select[uuid.UUID]:
    """Return a query of who knows of a session from the desk: was told, or may have been, or answered it."""
    reached = (
        sa.select(Delivery.contact_id)
        .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .where(
            Broadcast.session_id == session_id,
            sa.or_(
                Delivery.state.in_(MAY_HAVE_ARRIVED),
                # it may have arrived; or left, in what the database does not know any more
                sa.and_(
                    Delivery.state == DeliveryState.PENDING,
                    sa.or_(Delivery.doubts > 0, Broadcast.why == PauseReason.RESTORED),
                ),
            ),
        )
    )
    answered = sa.select(Attendance.contact_id).where(Attendance.session_id == session_id)
    return sa.select(reached.union(answered).subquery().c.contact_id)


def _reachable(db: Session, among: sa.Select[uuid.UUID]) -> int:
    """How many of some contacts may be written to of a session."""
    wanted = sa.select(sa.func.count()).where(
        Contact.id.in_(among),
        Contact.stopped_at.is_(None),
        Contact.unreachable_at.is_(None),
        Contact.channel.is_not(None),
        ~Contact.muted.contains("sessions"),
    )
    return db.scalar(wanted) or 0
