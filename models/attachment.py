"""A picture, a voice note or a document beside a message: where it came from, and its bytes."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, sealed_column
from models.sealed import Sealer


class AttachmentKind(StrEnum):
    """What goes beside a message."""

    PICTURE = "photo"
    VOICE = "voice"
    DOCUMENT = "document"  # an answer to one person only


class Attachment(Row):
    """What somebody sent to be handed on. `reference`: the channel's own name of it, by which its `content`
    is fetched once and kept sealed; `failed`: why it never came.
    """

    __tablename__ = "attachment"
    __table_args__ = (sa.UniqueConstraint("channel", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(8))
    channel: Mapped[str] = mapped_column(sa.String(16))
    reference: Mapped[str] = mapped_column(sa.String(500))
    content_type: Mapped[str | None] = mapped_column(sa.String(64))
    content: Mapped[bytes | None] = sealed_column("id", deferred=True)
    failed: Mapped[str | None] = mapped_column(sa.String(60))
    tries: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    created_at: Mapped[datetime] = mapped_column(Utc)

    @property
    def ready(self) -> bool:
        """Return whether it is here to be sent."""
        return self.content_type is not None


def find_attachment(db: Session, channel: str, reference: str) -> Attachment | None:
    """Return an attachment by the channel's own name of it; None when it is new."""
    found = sa.select(Attachment).where(Attachment.channel == channel, Attachment.reference == reference)
    return db.scalars(found).one_or_none()


def awaited_attachments(db: Session, channel: str) -> Sequence[Attachment]:
    """Return what is still to be fetched of a channel."""
    return db.scalars(
        sa.select(Attachment)
        .where(Attachment.channel == channel, Attachment.content_type.is_(None), Attachment.failed.is_(None))
        .order_by(Attachment.id)
        .limit(5)
    ).all()


def hold_attachment(db: Session, id: int) -> Attachment | None:
    """Return an attachment as it stands now, locked until this transaction ends; None when it is gone."""
    found = sa.select(Attachment).where(Attachment.id == id).with_for_update()
    return db.scalars(found.execution_options(populate_existing=True)).one_or_none()


def seal_content(sealer: Sealer, id: int, content: bytes) -> bytes:
    """Return bytes sealed for their own row."""
    return sealer.seal("attachment", "content", str(id), content)


def attachment_content(db: Session, sealer: Sealer, id: int) -> tuple[bytes, str] | None:
    """Return the bytes of an attachment and their media type; None while they are not here. Raises SealBroken."""
    found = db.execute(sa.select(Attachment.content, Attachment.content_type).where(Attachment.id == id)).one_or_none()
    if found is None or found[0] is None or found[1] is None:
        return None
    return sealer.unseal("attachment", "content", str(id), bytes(found[0])), found[1]
