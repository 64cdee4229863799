"""Every place where something about a person stands, and its end.

Broadcasts are counted to the last person, so their rows stay, without words, address or provider's id;
and the contact's own row, with nothing in it. Everything else is deleted.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import SubjectKind
from models.assessment import Assessment
from models.attachment import Attachment
from models.consent import Consent
from models.contact import Address, Contact
from models.delivery import Delivery, DeliveryKind, DeliveryState
from models.inbound import Inbound, InboundState
from models.link import Link
from models.person_request import PersonRequest, RequestWords, delete_words
from models.registration import Registration
from models.session import Attendance, Subscription
from models.staff import Staff

NO_ADDRESS = b"\0" * 32
OWN_WORDS = (DeliveryKind.REPLY, DeliveryKind.NOTICE, DeliveryKind.NUDGE)


def count_rows_about(db: Session, contact_id: uuid.UUID) -> dict[str, int]:
    """Return how many rows of each table are about a contact, or hold something of it."""
    files = sa.select(Registration.id).where(Registration.contact_id == contact_id)
    requests = sa.select(PersonRequest.id).where(PersonRequest.contact_id == contact_id)
    held = Delivery.address != NO_ADDRESS
    counted = {
        "address": sa.select(sa.func.count()).where(Address.contact_id == contact_id),
        "attachment": sa.select(sa.func.count()).where(
            Attachment.id.in_(sa.select(RequestWords.attachment_id).where(RequestWords.request_id.in_(requests)))
        ),
        "assessment": sa.select(sa.func.count()).where(Assessment.contact_id == contact_id),
        "attendance": sa.select(sa.func.count()).where(Attendance.contact_id == contact_id),
        "consent": sa.select(sa.func.count()).where(Consent.contact_id == contact_id),
        "contact": sa.select(sa.func.count()).where(Contact.id == contact_id, Contact.chat.is_not(None)),
        "delivery": sa.select(sa.func.count()).where(Delivery.contact_id == contact_id, held),
        "inbound": sa.select(sa.func.count()).where(Inbound.contact_id == contact_id, Inbound.address != NO_ADDRESS),
        "link": sa.select(sa.func.count()).where(Link.file_id.in_(files)),
        "notice": sa.select(sa.func.count()).where(Delivery.about.in_(_told_of(db, contact_id))),
        "person_request": sa.select(sa.func.count()).where(PersonRequest.contact_id == contact_id),
        "registration": sa.select(sa.func.count()).where(Registration.contact_id == contact_id),
        "request_words": sa.select(sa.func.count()).where(RequestWords.request_id.in_(requests)),
        "staff": sa.select(sa.func.count()).where(Staff.contact_id == contact_id),
        "subscription": sa.select(sa.func.count()).where(Subscription.contact_id == contact_id),
    }
    return {table: db.scalar(found) or 0 for table, found in counted.items()}


def has_outgoing(db: Session, contact_id: uuid.UUID) -> bool:
    """Return whether a message of its own words is still to leave."""
    found = sa.select(Delivery.id).where(
        Delivery.contact_id == contact_id,
        Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING)),
        Delivery.kind.in_(OWN_WORDS),
    )
    return db.scalar(found.limit(1)) is not None


def erase_file(db: Session, row: Registration, *, words: bool = True) -> dict[str, int]:
    """Erase a file, its consents and links; with `words` those said to its phone and by it, which may name her.
    Returns rows by table.
    """
    flagged = sa.delete(Delivery).where(Delivery.about == str(SubjectKind.FLAG.of(row.id.hex)))
    counts = {
        "link": _gone(db, sa.delete(Link).where(Link.file_id == row.id)),
        "consent": _gone(db, sa.delete(Consent).where(Consent.file_id == row.id)),
        "notice": _gone(db, flagged),
        **(_words(db, row.contact_id) if words else {}),
    }
    db.delete(row)
    db.flush()
    return {**counts, "registration": 1}


def erase_contact(db: Session, contact: Contact, now: datetime) -> dict[str, int]:
    """Erase everything of a contact. Returns rows by table."""
    files = sa.select(Registration.id).where(Registration.contact_id == contact.id)
    counts = {"link": _gone(db, sa.delete(Link).where(Link.file_id.in_(files)))}
    counts["notice"] = _gone(db, sa.delete(Delivery).where(Delivery.about.in_(_told_of(db, contact.id))))
    counts |= _words(db, contact.id)
    for table in (Registration, Consent, Assessment, Attendance, Subscription, Staff):
        counts[table.__tablename__] = _gone(db, sa.delete(table).where(table.contact_id == contact.id))
    hers = sa.update(Delivery).where(Delivery.contact_id == contact.id)
    db.execute(
        hers.where(Delivery.state.in_((DeliveryState.PENDING, DeliveryState.SENDING))).values(
            state=DeliveryState.CANCELLED
        )
    )
    counts["delivery to many"] = _gone(
        db, hers.values(address=NO_ADDRESS, provider_id=None, body=None, words=None, reason=None, error=None)
    )
    counts["inbound"] = _gone(
        db,
        sa.update(Inbound)
        .where(Inbound.contact_id == contact.id)
        .values(address=NO_ADDRESS, body=None, state=InboundState.DONE),
    )
    counts["address"] = _gone(db, sa.delete(Address).where(Address.contact_id == contact.id))
    contact.chat = contact.language = contact.channel = contact.address = contact.window_until = None
    contact.heard_at = contact.draft_at = contact.erase_at = contact.stopped_at = None
    contact.muted, contact.nudges, contact.guesses = "", 0, 0
    contact.hushed_until = contact.guessed_at = None
    contact.unreachable_at = contact.erased_at = now
    db.flush()
    return {**counts, "contact": 1}


def _told_of(db: Session, contact_id: uuid.UUID) -> list[str]:
    """What messages to the chamber's people about a contact are about: her files, her requests."""
    files = db.scalars(sa.select(Registration.id).where(Registration.contact_id == contact_id))
    numbers = db.scalars(sa.select(PersonRequest.number).where(PersonRequest.contact_id == contact_id))
    return [
        *(str(SubjectKind.FLAG.of(id.hex)) for id in files),
        *(str(SubjectKind.REQUEST.of(number)) for number in numbers),
    ]


def _words(db: Session, contact_id: uuid.UUID) -> Mapping[str, int]:
    requests = sa.select(PersonRequest.id).where(PersonRequest.contact_id == contact_id)
    own = sa.delete(Delivery).where(Delivery.contact_id == contact_id, Delivery.kind.in_(OWN_WORDS))
    numbers = sa.select(PersonRequest.number).where(PersonRequest.contact_id == contact_id)
    told = [str(SubjectKind.REQUEST.of(number)) for number in db.scalars(numbers)]
    told += [str(SubjectKind.QUEUE.of())] if told else []  # lists in which her name stands among others
    passed_on = sa.delete(Delivery).where(Delivery.about.in_(told))
    return {
        "passed on": _gone(db, passed_on) if told else 0,
        "request_words": delete_words(db, requests),
        "person_request": _gone(db, sa.delete(PersonRequest).where(PersonRequest.contact_id == contact_id)),
        "delivery": _gone(db, own),
    }


def _gone(db: Session, statement: sa.Delete | sa.Update) -> int:
    return db.connection().execute(statement).rowcount
