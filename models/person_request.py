"""Requests for a person, and what was written while waiting for one."""

import uuid
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer


class RequestState(StrEnum):
    """Whether somebody still waits for a person of the chamber."""

    OPEN = "open"
    CLOSED = "closed"


class PersonRequest(Row):
    """A contact asked for a person of the chamber. `number` is what people call it by."""

    __tablename__ = "person_request"
    __table_args__ = (sa.Index("ix_person_request_number", "number", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int | None]
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(8), default=RequestState.OPEN)
    created_at: Mapped[datetime] = mapped_column(Utc)


class RequestWords(Row):
    """A message for the people of the chamber, sealed."""

    __tablename__ = "request_words"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person_request.id"), index=True)
    words: Mapped[bytes] = sealed_column("id")
    created_at: Mapped[datetime] = mapped_column(Utc)


def seal_words(sealer: Sealer, id: uuid.UUID, words: str) -> bytes:
    """Return words sealed for their own row."""
    return sealer.seal("request_words", "words", id.hex, words.encode())


def unseal_words(sealer: Sealer, row: RequestWords) -> str:
    """Return words in the clear. Raises SealBroken."""
    return sealer.unseal("request_words", "words", row.id.hex, row.words).decode()


def open_request(db: Session, contact_id: uuid.UUID) -> PersonRequest | None:
    """Return the contact's request that nobody has closed; None when there is none."""
    return db.scalars(
        sa.select(PersonRequest)
        .where(PersonRequest.contact_id == contact_id, PersonRequest.state == RequestState.OPEN)
        .order_by(PersonRequest.created_at)
        .limit(1)
    ).one_or_none()


def next_number(db: Session) -> int:
    """Return the next number. Two processes that take the same: one meets the constraint and is run again."""
    return (db.scalar(sa.select(sa.func.max(PersonRequest.number))) or 0) + 1


def count_requests(db: Session) -> dict[str, int]:
    """Return how many requests there are by state."""
    rows = db.execute(sa.select(PersonRequest.state, sa.func.count()).group_by(PersonRequest.state))
    return {state: count for state, count in rows}  # noqa: C416 (a Row is not a pair to mypy)
