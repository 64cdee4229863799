"""One-time links to the desk's own page: known by a keyed hash, short-lived, used once."""

import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.rows import Row, Utc


class Link(Row):
    """A link handed to one person for one file. `tries`: how often something was sent to it."""

    __tablename__ = "link"

    token: Mapped[bytes] = mapped_column(sa.LargeBinary(32), primary_key=True)
    file_id: Mapped[uuid.UUID] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(Utc)
    used_at: Mapped[datetime | None] = mapped_column(Utc)
    tries: Mapped[int] = mapped_column(default=0)
