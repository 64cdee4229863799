"""Lookups: what a turn may know of the person it is with, read when the mind asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conversations.context import (
    Audience,
    BroadcastView,
    ChangedResults,
    FileView,
    MemberView,
    RequestView,
    SessionView,
    Source,
    TurnContext,
)
from conversations.desk.chat import Chat
from conversations.files.flow import FILES
from conversations.sessions.flow import SESSIONS_SOURCE
from conversations.staff.approvals import WAITING
from conversations.staff.broadcast import HELD_SESSIONS as KNOWN
from conversations.staff.people import TEAM
from conversations.staff.plan import DOORS, EDITIONS
from conversations.staff.requests import COLLEAGUES, REQUESTS
from conversations.staff.sendings import BROADCASTS_SOURCE
from conversations.staff.unanswered import UNANSWERED
from conversations.values import Answers, Reply, Say, Subject
from models import broadcast, delivery, session
from models.contact import Contact, muted_kinds
from services.broadcasts.concerned import count_concerned
from services.broadcasts.forecast import forecast_reach
from services.broadcasts.report import BroadcastSource, WaitingSource, broadcast_view
from services.broadcasts.tasks import tasks_of
from services.context import Desk
from services.people.assessments import last_review
from services.people.files import FileSource
from services.people.invitations import is_invitation
from services.people.phones import phone_of
from services.people.request_queue import RequestSource, request_view
from services.people.staff import roles_today
from services.people.status import service_standing
from services.people.team import TeamSource, journal_lines, member_view
from services.people.unanswered import LabelledTopics, UnansweredSource, answer_of
from services.sessions.date_warnings import date_warnings
from services.sessions.sources import DoorSource, EditionSource, SessionSource
from services.sessions.sources import RecentSessionSource as KnownSessions
from services.working_hours import next_opening

QUIET_AFTER = timedelta(minutes=15)  # a question as old as this no longer owns a bare yes


@dataclass(frozen=True, slots=True)
class ContactLookups:
    """`Lookups` of one contact on the database; each audience is counted once a turn."""

    """ of a contact, read when the mind asks."""

    db: Session
    desk: Desk
    contact: Contact
    before: datetime | None
    sessions: SessionSource
    files: FileSource
    reached: dict[str, Audience] = field(default_factory=dict)

    def session(self, id: str) -> SessionView | None:
        return self.sessions.session(id)

    def file(self, id: str) -> FileView | None:
        return self.files.file(id)

    def warnings(self, answers: Answers) -> tuple[Say, ...]:
        return date_warnings(answers)

    def told_of(self, answers: Answers) -> int:
        return count_concerned(self.db, self.desk, answers)

    def audience(self, answers: Answers) -> Audience:
        key = repr(sorted(answers.items(), key=str))
        if key not in self.reached:
            self.reached[key] = forecast_reach(self.db, self.desk, answers)
        return self.reached[key]

    def broadcast(self, id: str) -> BroadcastView:
        return broadcast_view(self.db, self.desk, self.contact, id)

    def going(self) -> int:
        return len(broadcast.broadcasts_in(self.db, broadcast.BroadcastState.GOING))

    def last_subject(self, kind: str) -> Subject | None:
        return Subject.parse(delivery.last_about(self.db, self.contact.id, f"{kind}:"))

    def said_last(self) -> Subject | None:
        last = delivery.last_shown(self.db, self.contact.id)
        return None if last is None else Subject.parse(last.about)

    def asked_last(self) -> Subject | None:
        last = delivery.last_shown(self.db, self.contact.id)
        if last is None or last.kind == delivery.DeliveryKind.REPLY or last.sent_at is None:
            return None
        quiet = self.before is None or last.sent_at - self.before >= QUIET_AFTER
        return Subject.parse(last.about) if quiet else None

    def comes(self) -> bool:
        return session.comes_to_any(self.db, self.contact.id, self.desk.clock.now())

    def subscribed(self, province: str) -> bool:
        row = self.db.get(session.Subscription, self.contact.id)
        return row is not None and row.province == province and self.contact.stopped_at is None

    def changes(self) -> tuple[ChangedResults, ...] | None:
        return last_review(self.db, self.desk)

    def member(self, id: str) -> MemberView | None:
        return member_view(self.db, self.desk, self.contact, id)

    def request(self, id: str) -> RequestView | None:
        return request_view(self.db, self.desk, self.contact, id)

    def tasks(self) -> Mapping[str, int]:
        return tasks_of(self.db, self.desk, self.contact)

    def noticed_last(self) -> Subject | None:
        last = delivery.last_shown(self.db, self.contact.id)
        return None if last is None or last.kind == delivery.DeliveryKind.REPLY else Subject.parse(last.about)

    def journal(self) -> tuple[Say, ...]:
        return journal_lines(self.db, self.desk)

    def standing(self) -> Reply:
        return service_standing(self.db, self.desk)

    def answer_of(self, words: str) -> str | None:
        return answer_of(self.db, self.desk, words)

    def muted(self) -> frozenset[str]:
        return muted_kinds(self.contact) | ({"all"} if self.contact.stopped_at else frozenset())

    def leaving(self) -> datetime | None:
        at = self.contact.erase_at
        return None if at is None else self.desk.clock.wall(at)

    def is_invitation(self, code: str) -> bool:
        return is_invitation(self.db, self.desk, self.contact, code)


def turn_context(db: Session, desk: Desk, contact: Contact, chat: Chat, before: datetime | None = None) -> TurnContext:
    """Return the context of a contact's turn; sessions, files, broadcasts are read when it is asked. `before`: when
    she was last heard before this message.
    """
    files = FileSource(db, desk, contact, chat)
    silent = before is not None and desk.clock.now() - before >= desk.policy.check_after
    meetings, editions = SessionSource(db, desk, contact.id), EditionSource(db, desk, contact.id)
    sources: Mapping[str, Source] = {
        **desk.sources,
        SESSIONS_SOURCE: meetings,
        EDITIONS: editions,
        FILES: files,
        BROADCASTS_SOURCE: BroadcastSource(db, desk),
        DOORS: DoorSource(db, desk, contact.id),
        KNOWN: KnownSessions(db, desk, contact.id),
        UNANSWERED: UnansweredSource(db, desk),
        TEAM: TeamSource(db, desk, contact),
        COLLEAGUES: TeamSource(db, desk, contact, agents=True),
        REQUESTS: RequestSource(db, desk),
        WAITING: WaitingSource(db, desk, contact),
    }
    known = desk.context()
    return replace(
        known,
        sources=sources,
        topics=LabelledTopics(known.topics, db, desk),
        roles=roles_today(db, desk, contact, before if before is not None else contact.heard_at),
        phone=phone_of(db, desk, contact),
        silent=silent,
        check_after=desk.policy.check_after.days,
        opens=next_opening(desk, desk.clock.wall()) if desk.policy.working else None,
        hushed=_hushed(desk, contact),
        link=desk.policy.links.get(contact.channel or "") or desk.policy.url,
        lookups=ContactLookups(db, desk, contact, before, meetings, files),
    )


def _hushed(desk: Desk, contact: Contact) -> datetime | None:
    """Until when, on the wall, she may not ask for a person; None when she may."""
    until = contact.hushed_until
    return desk.clock.wall(until) if until is not None and desk.clock.now() < until else None
