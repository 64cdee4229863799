"""Sheets a channel fetches by an address: signed, of one message, for a day."""

import hmac
import logging
import re
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from conversations.values import Media
from models.contact import Contact
from models.delivery import Delivery
from models.sealed import UNREADABLE
from services.context import Desk
from services.delivery.rendering import render
from services.outbox.made import NothingToSay

log = logging.getLogger(__name__)

MEDIA_TTL = timedelta(hours=24)
MEDIA_NAME = re.compile(r"([0-9a-f]{32})\.(png|pdf|json|jpg|ogg|xlsx)\Z", re.ASCII)
# What a message may carry, and the forms it is fetched in.
MEDIA_FORMS = {
    "card": ("png", "pdf"),
    "paper": ("pdf",),
    "data": ("json",),
    "pass": ("png",),
    "photo": ("jpg",),
    "voice": ("ogg",),
    "sheet": ("xlsx",),
    "document": ("pdf",),
}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A card of a message, with the language and the form it is wanted in."""

    media: Media
    language: str
    form: str


def media_path(desk: Desk, delivery: uuid.UUID, form: str) -> str:
    """Return where what a delivery carries is fetched: `/m/<delivery>/<signature>.<form>`."""
    return f"/m/{delivery}/{_signature(desk, delivery, form)}.{form}"


def media_file(db: Session, desk: Desk, delivery: uuid.UUID, signature: str) -> MediaFile | None:
    """Return what an address stands for; None for one that is altered, older than `MEDIA_TTL`, or carries nothing."""
    named = MEDIA_NAME.match(signature)
    if named is None or not hmac.compare_digest(named[1], _signature(desk, delivery, named[2])):
        return None
    row = db.get(Delivery, delivery)
    if row is None or desk.clock.now() - (row.taken_at or row.created_at) > MEDIA_TTL:
        return None
    if row.body is None and row.broadcast_id is None:
        return None  # erased
    try:
        spoken = render(db, desk, row, db.get_one(Contact, row.contact_id)).spoken
    except NothingToSay:
        return None
    except UNREADABLE:
        log.error("a message cannot be read", extra={"delivery": str(row.id)})
        return None
    wanted = (media for media in spoken.media if named[2] in MEDIA_FORMS.get(media.kind, ()))
    card = next(wanted, None)
    return None if card is None else MediaFile(card, spoken.language, named[2])


def _signature(desk: Desk, delivery: uuid.UUID, form: str) -> str:
    return desk.sealer.blind("media", f"{delivery.hex}.{form}").hex()[:32]
