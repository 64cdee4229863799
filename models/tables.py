"""Every table, so that whoever needs the whole schema imports one module."""

from models import (
    assessment,
    broadcast,
    contact,
    delivery,
    inbound,
    keeping,
    known_option,
    person_request,
    registration,
    session,
    staff,
)
from models.rows import Row

__all__ = [
    "assessment", "broadcast", "contact", "delivery", "inbound", "keeping", "known_option", "metadata",
    "person_request", "registration", "session", "staff",
]  # fmt: skip

metadata = Row.metadata
