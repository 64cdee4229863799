"""Results people were given: under which edition of the rules, by which of them; answers sealed."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.rows import Row, Utc, new_id
from models.sealed import Sealer

PAGE = 500


class Assessment(Row):
    """One result: of a contact's form (`draft`), on a day, by an edition of the facts and its rules.

    `body`: the answers and the result, sealed. `differs`: whether today's rules would say something else,
    as far as somebody has looked.
    """

    __tablename__ = "assessment"
    __table_args__ = (sa.UniqueConstraint("contact_id", "draft"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    draft: Mapped[str] = mapped_column(sa.String(16))
    made_at: Mapped[datetime] = mapped_column(Utc)
    day: Mapped[date]
    edition: Mapped[str] = mapped_column(sa.String(16))
    regime: Mapped[str] = mapped_column(sa.String(32))
    rules: Mapped[list[str]] = mapped_column(sa.JSON)
    body: Mapped[bytes]
    differs: Mapped[bool] = mapped_column(default=False)


def seal_body(sealer: Sealer, id: uuid.UUID, body: bytes) -> bytes:
    """Answers and result sealed for their own row."""
    return sealer.seal("assessment", "body", id.hex, body)


def unseal_body(sealer: Sealer, row: Assessment) -> bytes:
    """Answers and result in the clear."""
    return sealer.unseal("assessment", "body", row.id.hex, row.body)


def of_form(db: Session, contact_id: uuid.UUID, draft: str) -> Assessment | None:
    """The result of a form, when it has one."""
    found = sa.select(Assessment).where(Assessment.contact_id == contact_id, Assessment.draft == draft)
    return db.scalars(found).one_or_none()


_later = aliased(Assessment)
_SUPERSEDED = sa.exists().where(_later.contact_id == Assessment.contact_id, _later.id > Assessment.id)


def latest(db: Session) -> Iterator[Assessment]:
    """The last result of each contact, oldest first, a page in memory at a time.

    Who asked again, for herself or for somebody else, was told by the rules of that day.
    """
    after = uuid.UUID(int=0)
    while rows := db.scalars(
        sa.select(Assessment).where(Assessment.id > after, ~_SUPERSEDED).order_by(Assessment.id).limit(PAGE)
    ).all():
        yield from rows
        after = rows[-1].id


def mark(db: Session, ids: Sequence[uuid.UUID], differs: bool) -> None:
    """Remember whether today's rules would say otherwise."""
    for start in range(0, len(ids), PAGE):
        some = sa.update(Assessment).where(Assessment.id.in_(ids[start : start + PAGE]))
        db.execute(some.values(differs=differs).execution_options(synchronize_session=False))


def changed() -> sa.Select[uuid.UUID]:
    """Whose last result today's rules would say otherwise."""
    return sa.select(Assessment.contact_id).where(Assessment.differs.is_(sa.true()), ~_SUPERSEDED)
