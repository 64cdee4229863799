"""Retention: delete what is kept longer than the chamber says, some rows at a time, with a log of counts."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.chat import Chat
from models import erasing
from models.assessment import Assessment
from models.contact import Contact, lock_contact
from models.delivery import Delivery, DeliveryState
from models.erasure_record import Erasure, ErasureCause
from models.inbound import Inbound, InboundState
from models.link import Link
from models.person_request import PersonRequest, delete_words
from models.registration import Registration
from models.sealed import UNREADABLE
from models.session import Subscription
from models.staff import Staff
from models.unanswered import Unanswered, UnansweredState
from models.unread import Unread
from services import key_value as things
from services.chats import read_chat, write_chat
from services.context import Desk
from services.privacy.daily_cap import count_deleted, is_capped
from services.privacy.erasure import forget_forms

log = logging.getLogger(__name__)

ROWS_A_LOOK, SLOW_ROWS_A_LOOK = 200, 20  # rows a look; of what takes many statements each, a tenth
RETENTION_KEY = "retention"
RetentionRule = Callable[[Session, Desk, datetime], int]


def apply_retention(db: Session, desk: Desk) -> int:
    """Delete what is kept longer than the chamber says, a page of each kind a look, until today's look is over.
    Returns how many rows.
    """
    today = desk.clock.today().isoformat()
    kept = things.get_value(db, RETENTION_KEY)
    state = orjson.loads(kept) if kept else {}
    if state.get("done") == today:
        return 0
    counts = {kind: _old(db, desk, kind, rule) for kind, rule in RETENTION_RULES.items()}
    for kind, count in counts.items():
        count_deleted(db, desk, kind, count)
    found = {kind: count for kind, count in counts.items() if count}
    if found:
        db.add(Erasure(at=desk.clock.now(), why=ErasureCause.RETENTION, counts=found))
        for kind, count in found.items():
            log.info("kept long enough: %s", kind, extra={"count": count})
    if all(count < (SLOW_ROWS_A_LOOK if kind in SLOW_KINDS else ROWS_A_LOOK) for kind, count in counts.items()):
        things.set_value(db, RETENTION_KEY, orjson.dumps({"done": today}).decode())
    return sum(counts.values())


def _old(db: Session, desk: Desk, kind: str, rule: RetentionRule) -> int:
    days = desk.policy.retention.get(kind, 0)
    if not days or is_capped(db, desk, kind, lambda db: _rows_of(db, kind)):
        return 0
    return rule(db, desk, desk.clock.now() - timedelta(days=days))


def _rows_of(db: Session, kind: str) -> int:
    return db.scalar(sa.select(sa.func.count()).select_from(TABLES[kind])) or 0


def _rows(db: Session, found: sa.Select[object], table: type, key: str = "id") -> int:
    ids = list(db.scalars(found.limit(ROWS_A_LOOK)))
    if ids:
        db.connection().execute(sa.delete(table).where(getattr(table, key).in_(ids)))
    return len(ids)


def _inbound(db: Session, desk: Desk, before: datetime) -> int:
    db.execute(sa.delete(Unread).where(Unread.at < before))
    old = sa.select(Inbound.id).where(Inbound.received_at < before, Inbound.state != InboundState.STORED)
    return _rows(db, old, Inbound)


def _messages(db: Session, desk: Desk, before: datetime) -> int:
    own = Delivery.kind.in_(erasing.OWN_WORDS) & Delivery.state.not_in((DeliveryState.PENDING, DeliveryState.SENDING))
    return _rows(db, sa.select(Delivery.id).where(own, Delivery.created_at < before), Delivery)


def _requests(db: Session, desk: Desk, before: datetime) -> int:
    old = sa.select(PersonRequest.id).where(PersonRequest.created_at < before)
    ids = list(db.scalars(old.limit(ROWS_A_LOOK)))
    if ids:
        delete_words(db, ids)
        db.connection().execute(sa.delete(PersonRequest).where(PersonRequest.id.in_(ids)))
    return len(ids)


def _results(db: Session, desk: Desk, before: datetime) -> int:
    return _rows(db, sa.select(Assessment.id).where(Assessment.made_at < before), Assessment)


def _links(db: Session, desk: Desk, before: datetime) -> int:
    return _rows(db, sa.select(Link.token).where(Link.expires_at < before), Link, "token")


def _files(db: Session, desk: Desk, before: datetime) -> int:
    touched = sa.func.coalesce(Registration.changed_at, Registration.created_at)
    rows = db.scalars(sa.select(Registration).where(touched < before).limit(SLOW_ROWS_A_LOOK)).all()
    for row in rows:
        forget_forms(desk, lock_contact(db, row.contact_id), row.id.hex)
        erasing.erase_file(db, row, words=False)
    return len(rows)


def _drafts(db: Session, desk: Desk, before: datetime) -> int:
    """What was left half filled: the forms go, the language stays."""
    silent = sa.select(Contact.id).where(Contact.heard_at < before, Contact.chat.is_not(None))
    # a conversation without forms is short: what is longer is looked at
    ids = list(db.scalars(silent.where(sa.func.length(Contact.chat) > SHORT_DRAFT).limit(ROWS_A_LOOK)))
    for id in ids:
        contact = lock_contact(db, id)
        try:
            chat = read_chat(desk, contact)
        except UNREADABLE:
            contact.chat = None
            continue
        write_chat(desk, contact, Chat(language=chat.language))
        contact.draft_at = None
    return len(ids)


def _unanswered(db: Session, desk: Desk, before: datetime) -> int:
    """Questions nobody had an answer for; one with an answer stays, for it is said to who asks again."""
    found = sa.select(Unanswered.id).where(Unanswered.created_at < before, Unanswered.state != UnansweredState.ANSWERED)
    return _rows(db, found, Unanswered)


SHORT_DRAFT = 180  # bytes of a sealed conversation with nothing in it


def _contacts(db: Session, desk: Desk, before: datetime) -> int:
    """Who was not heard for long, has no file, is told of nothing and is not of the chamber."""
    silent = sa.func.coalesce(Contact.heard_at, Contact.created_at) < before
    ids = db.scalars(
        sa.select(Contact.id)
        .where(silent, Contact.erased_at.is_(None))
        .where(Contact.id.not_in(sa.select(Registration.contact_id)))
        .where(Contact.id.not_in(sa.select(Subscription.contact_id)))
        .where(Contact.id.not_in(sa.select(Staff.contact_id)))
        .limit(SLOW_ROWS_A_LOOK)
    ).all()
    for id in ids:
        erasing.erase_contact(db, lock_contact(db, id), desk.clock.now())
    return len(ids)


SLOW_KINDS = ("files", "contacts")
TABLES: Mapping[str, type] = {
    "inbound": Inbound,
    "messages": Delivery,
    "drafts": Contact,
    "requests": PersonRequest,
    "results": Assessment,
    "files": Registration,
    "contacts": Contact,
    "links": Link,
    "unanswered": Unanswered,
}
RETENTION_RULES: Mapping[str, RetentionRule] = {
    "inbound": _inbound,
    "messages": _messages,
    "drafts": _drafts,
    "requests": _requests,
    "results": _results,
    "files": _files,
    "contacts": _contacts,
    "links": _links,
    "unanswered": _unanswered,
}
