"""A contact's own number, where its channel tells it."""

from sqlalchemy.orm import Session

from models.contact import Contact, addresses_of, unseal_address
from services.context import Desk


def phone_of(db: Session, desk: Desk, contact: Contact) -> str | None:
    """Return the contact's own number, where the channel's addresses are numbers and hers is not hidden; else None."""
    if contact.channel is None or not desk.traits(contact.channel).phones:
        return None
    for address in addresses_of(db, contact.id, contact.channel):
        _, _, number = unseal_address(desk.sealer, address).rpartition(":")
        if number.startswith("+"):
            return number
    return None
