"""The record of each erasure, and why: ids and counts, nothing about anybody. What is erased: models/erasing.py."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.rows import Row, Utc, new_id


class ErasureCause(StrEnum):
    """Why something was erased."""

    ASKED = "asked"  # its person asked
    RETENTION = "retention"  # it was kept for as long as the chamber says


class Erasure(Row):
    """One erasure. `subject`: the file or the contact that is no more; `counts`: rows by table.

    After a restore of an older copy, the subjects listed here are erased again.
    """

    __tablename__ = "erasure"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(Utc)
    why: Mapped[str] = mapped_column(sa.String(12))
    subject: Mapped[uuid.UUID | None] = mapped_column(index=True)
    receipt: Mapped[str | None] = mapped_column(sa.String(16))
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON)
