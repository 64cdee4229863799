"""Every table, so that whoever needs the whole schema imports one module."""

from models import contact, delivery, inbound, keeping, known_option, person_request
from models.rows import Row

__all__ = [
    "contact", "delivery", "inbound", "keeping", "known_option", "metadata", "person_request",
]  # fmt: skip

metadata = Row.metadata
