"""What is not as it should be: a row a kind and channel, for whoever looks after the desk. Nothing about anybody."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc


class Trouble(Row):
    """One kind of trouble of one channel (empty: of the whole desk). `since`, `last`: of its present or last episode;
    `count`: how often it was met in it; `detail`: a word for the log and the doctor; `told_at`: when the admins were
    told last.
    """

    __tablename__ = "trouble"

    kind: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    since: Mapped[datetime] = mapped_column(Utc)
    last: Mapped[datetime] = mapped_column(Utc)
    count: Mapped[int] = mapped_column(sa.BigInteger)
    detail: Mapped[str] = mapped_column(sa.String(120))
    told_at: Mapped[datetime | None] = mapped_column(Utc)


def troubles(db: Session) -> Sequence[Trouble]:
    """Return every trouble that was ever met, by kind and channel."""
    return db.scalars(sa.select(Trouble).order_by(Trouble.kind, Trouble.channel)).all()
