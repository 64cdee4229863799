"""A picture or a voice note that a clerk wants to go beside a message: fetched once, kept, handed on."""

from sqlalchemy.orm import Session

from conversations.forms.kinds.medium import SHAPE
from models import attachment
from models.attachment import Attachment
from models.contact import Contact
from services.context import Desk

# What may be handed on through every channel, and how big.
ATTACHMENT_TYPES = {
    "photo": ("image/jpeg", "image/png"),
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr"),
}
LARGEST_ATTACHMENT = 5_000_000
MOST_FETCHES = 3


def attachment_ready(db: Session, desk: Desk, contact: Contact, value: object) -> tuple[int | None, str | None]:
    """The number it is kept under; or why it cannot go yet: `fetching`, `medium`. Nothing wanted: neither."""
    if value in (None, "none"):
        return None, None
    if not isinstance(value, str) or not SHAPE.match(value) or contact.channel is None:
        return None, "medium"
    kind, _, reference = value.partition(".")
    row = attachment.find_attachment(db, contact.channel, reference)
    if row is None:
        row = Attachment(
            kind=kind, channel=contact.channel, reference=reference, author_id=contact.id, created_at=desk.clock.now()
        )
        db.add(row)
        db.flush()
    if row.failed is not None:
        return None, "medium"
    return (row.id, None) if row.ready else (None, "fetching")


def prefetch(db: Session, desk: Desk, contact: Contact, value: object) -> None:
    """It was sent just now: the channel may begin to fetch it while the form is filled in."""
    attachment_ready(db, desk, contact, value)


def attachments_to_fetch(db: Session, channel: str) -> list[tuple[int, str, str]]:
    """What is still to be fetched: number, kind, the channel's name of it."""
    return [(row.id, row.kind, row.reference) for row in attachment.awaited_attachments(db, channel)]


def store_attachment(db: Session, desk: Desk, id: int, content: bytes | None, content_type: str) -> None:
    """It is here; or (None) it was not: after some tries it is given up."""
    row = db.get_one(Attachment, id)
    if content is None:
        row.tries += 1
        row.failed = "not fetched" if row.tries >= MOST_FETCHES else None
        return
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ATTACHMENT_TYPES[row.kind] or len(content) > LARGEST_ATTACHMENT:
        row.failed = f"{kind[:30]}, {len(content)} bytes"
        return
    row.content, row.content_type = attachment.seal_content(desk.sealer, id, content), kind


def attachment_bytes(db: Session, desk: Desk, id: int) -> tuple[bytes, str] | None:
    """The bytes and their type, once they are here. SealBroken: nobody can read them."""
    return attachment.attachment_content(db, desk.sealer, id)
