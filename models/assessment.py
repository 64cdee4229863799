"""Results people were given, sealed: with the edition of the facts and the rules that gave them."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer

RESULTS_A_LOOK = 500


class Assessment(Row):
    """One result: of a contact's form (`draft`), on a day, by an edition of the facts.

    `body`: the answers, the result and its rule ids, sealed. `wishes`: she asked to be told when it
    changes. `differs`: whether today's rules say something else, as last looked at. `told_on`: the day
    by whose rules she was last told.
    """

    __tablename__ = "assessment"
    __table_args__ = (sa.UniqueConstraint("contact_id", "draft"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"))
    draft: Mapped[str] = mapped_column(sa.String(16))
    made_at: Mapped[datetime] = mapped_column(Utc)
    day: Mapped[date]
    edition: Mapped[str] = mapped_column(sa.String(32))
    body: Mapped[bytes] = sealed_column("id", "contact_id")
    wishes: Mapped[bool] = mapped_column(default=False)
    differs: Mapped[bool] = mapped_column(default=False)
    told_on: Mapped[date | None]


def seal_result(sealer: Sealer, id: uuid.UUID, contact_id: uuid.UUID, body: bytes) -> bytes:
    """Return answers, result and rules sealed for their own row and contact."""
    return sealer.seal("assessment", "body", f"{id.hex}.{contact_id.hex}", body)


def unseal_result(sealer: Sealer, row: Assessment) -> bytes:
    """Return answers, result and rules in the clear. Raises SealBroken."""
    return sealer.unseal("assessment", "body", f"{row.id.hex}.{row.contact_id.hex}", row.body)


_later = aliased(Assessment)
_SUPERSEDED = sa.exists().where(_later.contact_id == Assessment.contact_id, _later.id > Assessment.id)


def result_of_form(db: Session, contact_id: uuid.UUID, draft: str) -> Assessment | None:
    """Return the result of a form; None when it has none."""
    found = sa.select(Assessment).where(Assessment.contact_id == contact_id, Assessment.draft == draft)
    return db.scalars(found).one_or_none()


def last_result(db: Session, contact_id: uuid.UUID) -> Assessment | None:
    """Return the last result of a contact; None when it has none."""
    found = sa.select(Assessment).where(Assessment.contact_id == contact_id).order_by(Assessment.id.desc())
    return db.scalars(found.limit(1)).one_or_none()


def results_page(db: Session, after: uuid.UUID) -> Sequence[Assessment]:
    """Return the last result of each contact, oldest first, `RESULTS_A_LOOK` of them after an id. Who asked again
    was told by the rules of that day.
    """
    found = sa.select(Assessment).where(Assessment.id > after, ~_SUPERSEDED)
    return db.scalars(found.order_by(Assessment.id).limit(RESULTS_A_LOOK)).all()


def mark_differing(db: Session, rows: Sequence[Assessment], differs: bool) -> None:
    """Mark whether today's rules say otherwise; a result made anew meanwhile is left as it is."""
    for row in rows:
        same = sa.update(Assessment).where(Assessment.id == row.id, Assessment.made_at == row.made_at)
        db.execute(same.values(differs=differs).execution_options(synchronize_session=False))


def contacts_to_notify() -> sa.Select[uuid.UUID]:
    """Return a query of who asked to be told, and whose last result today's rules say otherwise."""
    return sa.select(Assessment.contact_id).where(
        Assessment.differs.is_(sa.true()), Assessment.wishes.is_(sa.true()), ~_SUPERSEDED
    )


def unmark_notified(db: Session, contacts: Sequence[uuid.UUID]) -> None:
    """Mark these contacts as knowing what they knew before: the message to them was taken back."""
    for start in range(0, len(contacts), RESULTS_A_LOOK):
        theirs = sa.update(Assessment).where(Assessment.contact_id.in_(contacts[start : start + RESULTS_A_LOOK]))
        db.execute(theirs.values(told_on=None).execution_options(synchronize_session=False))


def mark_notified(db: Session, contacts: Sequence[uuid.UUID], on: date) -> None:
    """Mark these contacts as knowing the rules of a day."""
    for start in range(0, len(contacts), RESULTS_A_LOOK):
        theirs = sa.update(Assessment).where(
            Assessment.contact_id.in_(contacts[start : start + RESULTS_A_LOOK]), Assessment.differs.is_(sa.true())
        )
        known = theirs.values(differs=False, told_on=on)
        db.execute(known.execution_options(synchronize_session=False))
