"""A contact's messages, for a page that shows them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from conversations.values import Spoken
from models.contact import Contact, blind_address, contact_at
from models.delivery import DeliveryKind, shown_since
from services.context import Desk
from services.delivery.media import MEDIA_FORMS, media_path
from services.delivery.rendering import render
from services.outbox.made import NothingToSay


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message of the desk, with its number; a notice came unasked, beside the open question.

    `card`: where its sheet is fetched, by form, when it has one.
    """

    seq: int
    spoken: Spoken
    notice: bool = False
    card: Mapping[str, str] = field(default_factory=dict)


def contact_of(db: Session, desk: Desk, channel: str, address: str) -> uuid.UUID | None:
    """Return the contact at an address, when it has written before."""
    return contact_at(db, channel, blind_address(desk.sealer, channel, address))


def shown_messages(db: Session, desk: Desk, channel: str, address: str, after: int) -> list[ShownMessage]:
    """Return the desk's messages to an address after a number, in order."""
    contact_id = contact_of(db, desk, channel, address)
    if contact_id is None:
        return []
    found = []
    contact = db.get_one(Contact, contact_id)
    for row in shown_since(db, contact_id, after):
        try:
            spoken = render(db, desk, row, contact).spoken
        except NothingToSay:
            continue
        forms = [form for media in spoken.media for form in MEDIA_FORMS.get(media.kind, ())]
        card = {form: media_path(desk, row.id, form) for form in forms}
        found.append(ShownMessage(row.seq or 0, spoken, row.kind != DeliveryKind.REPLY, card))
    return found
