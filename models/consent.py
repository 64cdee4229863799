"""What people agreed to: in which words, which language, when and on which channel."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.rows import Row, Utc, new_id


class ConsentAnswer(StrEnum):
    """What was answered to the words of a version."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # taken back, with the wish to be erased
    KEPT = "kept"  # the wish to be erased taken back in time


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
