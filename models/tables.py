"""Every table, so that whoever needs the whole schema imports one module."""

from models import (
    assessment,
    attachment,
    broadcast,
    consent,
    contact,
    delivery,
    erasure_record,
    inbound,
    journal,
    keeping,
    known_option,
    link,
    person_request,
    registration,
    session,
    staff,
    trouble,
    unanswered,
    unread,
)
from models.rows import Row

__all__ = [
    "assessment", "attachment", "broadcast", "consent", "contact", "delivery", "erasure_record", "inbound", "journal",
    "keeping", "known_option", "link", "metadata", "person_request", "registration", "session", "staff",
    "trouble", "unanswered", "unread",
]  # fmt: skip

metadata = Row.metadata
