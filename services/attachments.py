"""Attachments: a picture, a voice note or a document beside a message, fetched once from its channel, kept sealed."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from conversations.forms.kinds.medium import MEDIUM_KINDS, SHAPE
from models import attachment
from models.attachment import Attachment
from models.contact import Contact
from services.context import Desk

# What may be handed on through every channel, and how big.
ATTACHMENT_TYPES = {
    "photo": ("image/jpeg", "image/png"),
    "voice": ("audio/ogg", "audio/mpeg", "audio/mp4", "audio/amr"),
    "document": ("application/pdf",),
}
# How the bytes of each type begin: whatever a channel calls them, they must be it.
BEGINNINGS: Mapping[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "audio/ogg": (b"OggS",),
    "audio/mpeg": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9"),
    "audio/amr": (b"#!AMR",),
    "application/pdf": (b"%PDF-",),
}
MP4_MARK = slice(4, 8)  # where the bytes of an MP4 say that they are one
LARGEST_ATTACHMENT = 5_000_000
MOST_FETCHES = 3


def attachment_ready(db: Session, desk: Desk, contact: Contact, value: object) -> tuple[int | None, str | None]:
    """Find what is to go beside a broadcast, or ask the channel for it. Returns its number and None once it is here,
    None and why not yet (`fetching`, `medium`), or None twice when nothing is wanted.
    """
    if value in (None, "none"):
        return None, None
    id, wait = attachment_asked_for(db, desk, contact, value)
    return (id, None) if wait is None else (None, wait)


def attachment_asked_for(db: Session, desk: Desk, contact: Contact, value: object) -> tuple[int | None, str | None]:
    """Ask the channel for a file by its own name of it, once. Returns its number, and why it is not here yet
    (`fetching`, `medium`); no number for what is no such name.
    """
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
        return row.id, "medium"
    return row.id, None if row.ready else "fetching"


def prefetch(db: Session, desk: Desk, contact: Contact, value: object) -> None:
    """Ask the channel for a picture or a voice note sent just now, while the form is still filled in."""
    if str(value).partition(".")[0] in MEDIUM_KINDS:
        attachment_ready(db, desk, contact, value)


def attachments_to_fetch(db: Session, channel: str) -> list[tuple[int, str, str]]:
    """Return what a channel is still to fetch: number, kind, the channel's own name of it."""
    return [(row.id, row.kind, row.reference) for row in attachment.awaited_attachments(db, channel)]


def store_attachment(db: Session, desk: Desk, id: int, content: bytes | None, content_type: str) -> bool:
    """Keep the bytes of an attachment, sealed; with None, count a try that failed and give up after `MOST_FETCHES`.
    Returns whether nothing more is to be waited for.
    """
    row = attachment.hold_attachment(db, id)
    if row is None or row.ready or row.failed is not None:
        return False  # erased meanwhile, or fetched by another process
    if content is None:
        row.tries += 1
        row.failed = "not fetched" if row.tries >= MOST_FETCHES else None
        return row.failed is not None
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ATTACHMENT_TYPES[row.kind] or len(content) > LARGEST_ATTACHMENT or not _is(kind, content):
        row.failed = f"{kind[:30]}, {len(content)} bytes"
        return True
    row.content, row.content_type = attachment.seal_content(desk.sealer, id, content), kind
    return True


def _is(kind: str, content: bytes) -> bool:
    """Whether bytes begin as those of their type do."""
    if kind == "audio/mp4":
        return content[MP4_MARK] == b"ftyp"
    return content.startswith(BEGINNINGS[kind])


def attachment_bytes(db: Session, desk: Desk, id: int) -> tuple[bytes, str] | None:
    """Return the bytes of an attachment and their media type; None while they are not here. Raises SealBroken when
    nobody can read them.
    """
    return attachment.attachment_content(db, desk.sealer, id)
