"""Options that come from data the chamber may replace: an id once known stays known."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc


class KnownOption(Row):
    """An id of a source with its names; `retired_at` when the data no longer has it."""

    __tablename__ = "known_option"

    source: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    names: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    retired_at: Mapped[datetime | None] = mapped_column(Utc)


def known_options(db: Session, source: str) -> dict[str, KnownOption]:
    """Return every id a source ever had, with its row."""
    rows = db.scalars(sa.select(KnownOption).where(KnownOption.source == source))
    return {row.id: row for row in rows}
