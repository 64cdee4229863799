"""What people agreed to: in which words, which language, when and on which channel."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.rows import Row, Utc, new_id

ACCEPTED, REFUSED, WITHDRAWN, KEPT = "accepted", "refused", "withdrawn", "kept"


class Consent(Row):
    """One answer to the words of a version. `draft`: the form it stood in; `file_id`: what came of it."""

    __tablename__ = "consent"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    file_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    draft: Mapped[str | None] = mapped_column(sa.String(16))
    answer: Mapped[str] = mapped_column(sa.String(12))
    text_version: Mapped[str] = mapped_column(sa.String(16))
    language: Mapped[str] = mapped_column(sa.String(2))
    channel: Mapped[str] = mapped_column(sa.String(16))
    at: Mapped[datetime] = mapped_column(Utc)
