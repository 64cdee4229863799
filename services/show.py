"""A contact's messages, for a page that shows them."""

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conversations.values import Spoken
from models.contact import Contact, blind_address, contact_at
from models.delivery import REPLY, shown_since
from services.desk import Desk
from services.rendering import Undone, rendered


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the desk, with its number; a notice came unasked, beside the open question."""

    seq: int
    spoken: Spoken
    notice: bool = False


def contact_of(db: Session, desk: Desk, channel: str, address: str) -> uuid.UUID | None:
    """The contact at an address, when it has written before."""
    return contact_at(db, channel, blind_address(desk.sealer, channel, address))


def messages(db: Session, desk: Desk, channel: str, address: str, after: int) -> list[Shown]:
    """The desk's messages to an address after a number, in order."""
    contact_id = contact_of(db, desk, channel, address)
    if contact_id is None:
        return []
    found = []
    contact = db.get_one(Contact, contact_id)
    for row in shown_since(db, contact_id, after):
        try:
            spoken, _ = rendered(db, desk, row, contact)
        except Undone:
            continue
        found.append(Shown(row.seq or 0, spoken, row.kind != REPLY))
    return found
