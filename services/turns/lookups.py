"""What a turn may know of the person it is with: her role, her number, the meetings, what she was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conversations.context import Audience, BroadcastView, ChangedResults, Source, TurnContext
from conversations.desk.chat import Chat
from conversations.files.flow import FILES
from conversations.sessions.flow import SESSIONS_SOURCE
from conversations.staff.broadcast import HELD_SESSIONS as KNOWN
from conversations.staff.plan import DOORS, EDITIONS
from conversations.staff.sendings import BROADCASTS_SOURCE
from conversations.values import Answers
from models import broadcast, delivery, session, staff
from models.contact import Contact, muted_kinds
from services.broadcasts.concerned import count_concerned
from services.broadcasts.forecast import forecast_reach
from services.broadcasts.report import BroadcastSource, broadcast_view
from services.context import Desk
from services.people.assessments import last_review
from services.people.files import FileSource
from services.people.phones import phone_of
from services.people.staff import is_invitation
from services.sessions.date_warnings import date_warnings
from services.sessions.sources import DoorSource, EditionSource, SessionSource
from services.sessions.sources import RecentSessionSource as KnownSessions

QUIET_AFTER = timedelta(minutes=15)  # a question as old as this no longer owns a bare yes


@dataclass(frozen=True, slots=True)
class ContactLookups:
    """What the memory knows of a contact, read when the mind asks."""

    db: Session
    desk: Desk
    contact: Contact
    before: datetime | None
    reached: dict[str, Audience] = field(default_factory=dict)

    def announced(self, answers: Answers) -> int:
        """How many would be told of a meeting."""
        return count_concerned(self.db, self.desk, answers)

    def reaches(self, answers: Answers) -> Audience:
        """Whom a message to many, as its form stands, would reach; once a turn."""
        key = repr(sorted(answers.items(), key=str))
        if key not in self.reached:
            self.reached[key] = forecast_reach(self.db, self.desk, answers)
        return self.reached[key]

    def sending(self, id: str) -> BroadcastView:
        """A message to many, as somebody of the chamber sees it."""
        return broadcast_view(self.db, self.desk, self.contact, id)

    def going(self) -> int:
        """How many are on their way."""
        return len(broadcast.broadcasts_in(self.db, broadcast.BroadcastState.GOING))

    def noticed(self, head: str) -> str | None:
        """What the last message of some kind was about."""
        return delivery.last_about(self.db, self.contact.id, head)

    def said_last(self) -> str | None:
        """What the very last message was about."""
        last = delivery.last_shown(self.db, self.contact.id)
        return None if last is None else last.about

    def asked_last(self) -> str | None:
        """The same, of a notice that came when her own question had been quiet for a while."""
        last = delivery.last_shown(self.db, self.contact.id)
        if last is None or last.kind == delivery.DeliveryKind.REPLY or last.sent_at is None:
            return None
        quiet = self.before is None or last.sent_at - self.before >= QUIET_AFTER
        return last.about if quiet else None

    def comes(self) -> bool:
        """Whether she said so of a meeting to come."""
        return session.comes_to_any(self.db, self.contact.id, self.desk.clock.now())

    def subscribed(self, province: str) -> bool:
        """Whether she is told of a province's meetings."""
        row = self.db.get(session.Subscription, self.contact.id)
        return row is not None and row.province == province and self.contact.stopped_at is None

    def changes(self) -> tuple[ChangedResults, ...] | None:
        """Results that today's rules would say otherwise; None while they are looked at."""
        return last_review(self.db, self.desk)

    def muted(self) -> frozenset[str]:
        """Kinds of message she does not want; `all` of them."""
        return muted_kinds(self.contact) | ({"all"} if self.contact.stopped_at else frozenset())

    def leaving(self) -> datetime | None:
        """When everything of hers is erased, on the wall."""
        at = self.contact.erase_at
        return None if at is None else self.desk.clock.wall(at)

    def invited(self, code: str) -> bool:
        """Whether a word is an invitation."""
        return is_invitation(self.db, self.desk, code)


def turn_context(db: Session, desk: Desk, contact: Contact, chat: Chat, before: datetime | None = None) -> TurnContext:
    """The context of a contact's turn. What it tells of meetings and files is read when it is asked.

    `before`: when she was last heard before this message.
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
    }
    known = ContactLookups(db, desk, contact, before)
    return replace(
        desk.context(), sources=sources, role=staff.role_of(db, contact.id), phone=phone_of(db, desk, contact),
        meeting=meetings.meeting, announced=known.announced, reaches=known.reaches, sending=known.sending,
        going=known.going, warnings=date_warnings, noticed=known.noticed, said_last=known.said_last,
        asked_last=known.asked_last, comes=known.comes, subscribed=known.subscribed, invited=known.invited,
        changes=known.changes, file=files.file, muted=known.muted, leaving=known.leaving, silent=silent,
        check_after=desk.policy.check_after.days,
        link=desk.policy.links.get(contact.channel or "") or desk.policy.url,
    )  # fmt: skip
