"""What a turn may know of the person it is with: her role, her number, the meetings, what she was told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conversations.values import Answers
from conversations.world import Audience, Source, World
from models import delivery, session, staff
from models.contact import Contact, addresses_of, unseal_address
from services.audience import tally
from services.calendar import Editions, Meetings
from services.desk import Desk
from services.staff import invited

SESSIONS, EDITIONS = "sessions", "editions"
QUIET = timedelta(minutes=15)  # a question as old as this no longer owns a bare yes


def around(db: Session, desk: Desk, contact: Contact, before: datetime | None = None) -> World:
    """The world of a contact's turn. What it tells of meetings is read when it is asked.

    `before`: when she was last heard before this message.
    """
    meetings = Meetings(db, desk, contact.id)

    def audience(where: Answers) -> Audience:
        return tally(db, desk, {key: str(value) for key, value in where.items()})

    def noticed(head: str) -> str | None:
        return delivery.last_about(db, contact.id, head)

    def asked_last() -> str | None:
        last = delivery.last_shown(db, contact.id)
        if last is None or last.kind == delivery.REPLY or last.about is None or last.sent_at is None:
            return None
        quiet = before is None or last.sent_at - before >= QUIET
        return last.about if quiet else None

    def said_last() -> str | None:
        last = delivery.last_shown(db, contact.id)
        return None if last is None else last.about

    def comes() -> bool:
        return session.comes_to_any(db, contact.id, desk.clock.now())

    def subscribed(province: str) -> bool:
        row = db.get(session.Subscription, contact.id)
        return row is not None and row.province == province and contact.stopped_at is None

    editions = Editions(db, desk, contact.id)
    sources: Mapping[str, Source] = {**desk.sources, SESSIONS: meetings, EDITIONS: editions}
    return replace(
        desk.world(),
        sources=sources,
        role=staff.role_of(db, contact.id),
        phone=phone_of(db, desk, contact),
        meeting=meetings.meeting,
        audience=audience,
        noticed=noticed,
        asked_last=asked_last,
        said_last=said_last,
        comes=comes,
        invited=lambda code: invited(db, desk, code),
        subscribed=subscribed,
    )


def phone_of(db: Session, desk: Desk, contact: Contact) -> str | None:
    """The contact's own number, where the channel's addresses are numbers and hers is not hidden."""
    if contact.channel is None or not desk.way(contact.channel).phones:
        return None
    for address in addresses_of(db, contact.id, contact.channel):
        _, _, number = unseal_address(desk.sealer, address).rpartition(":")
        if number.startswith("+"):
            return number
    return None
