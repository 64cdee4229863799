"""Requests for a person: who asked, who of the chamber has it in hand, and what was written on both sides."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.attachment import Attachment
from models.broadcast import Broadcast
from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer


class RequestState(StrEnum):
    """Where a request for a person of the chamber stands."""

    OPEN = "open"  # she waits
    ANSWERED = "answered"  # she has an answer, and may write on
    CLOSED = "closed"


class PersonRequest(Row):
    """A contact asked for a person of the chamber. `number` is what people call it by.

    `claimed_by`: the contact of who has it in hand, since `claimed_at`. `rung_at`: when it was told to somebody of the
    chamber who could be reached; `escalated_at`: when to everybody. `step`: the question she stood at,
    `<flow>/<step>`; `province`: hers.
    """

    __tablename__ = "person_request"
    __table_args__ = (sa.Index("ix_person_request_number", "number", unique=True),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int | None]
    contact_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("contact.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(8), default=RequestState.OPEN, index=True)
    created_at: Mapped[datetime] = mapped_column(Utc)
    claimed_by: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None] = mapped_column(Utc)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)
    rung_at: Mapped[datetime | None] = mapped_column(Utc)
    escalated_at: Mapped[datetime | None] = mapped_column(Utc)
    step: Mapped[str | None] = mapped_column(sa.String(80))
    province: Mapped[str | None] = mapped_column(sa.String(16))


class RequestWords(Row):
    """What was written about a request, sealed: by who asked, or by `author_id` of the chamber. `attachment_id`: the
    voice note, picture or document beside it; `sent_at`: when that was handed on.
    """

    __tablename__ = "request_words"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    request_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person_request.id"), index=True)
    words: Mapped[bytes] = sealed_column("id")
    created_at: Mapped[datetime] = mapped_column(Utc)
    author_id: Mapped[uuid.UUID | None]
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachment.id"))
    sent_at: Mapped[datetime | None] = mapped_column(Utc)


def seal_words(sealer: Sealer, id: uuid.UUID, words: str) -> bytes:
    """Return words sealed for their own row."""
    return sealer.seal("request_words", "words", id.hex, words.encode())


def unseal_words(sealer: Sealer, row: RequestWords) -> str:
    """Return words in the clear. Raises SealBroken."""
    return sealer.unseal("request_words", "words", row.id.hex, row.words).decode()


def open_request(db: Session, contact_id: uuid.UUID) -> PersonRequest | None:
    """Return the contact's request that waits; None when there is none."""
    return _latest(db, contact_id, RequestState.OPEN)


def request_in_hand(db: Session, contact_id: uuid.UUID) -> PersonRequest | None:
    """Return the contact's request that nobody has closed, answered or not; None when there is none."""
    return _latest(db, contact_id, RequestState.OPEN, RequestState.ANSWERED)


def _latest(db: Session, contact_id: uuid.UUID, *states: str) -> PersonRequest | None:
    return db.scalars(
        sa.select(PersonRequest)
        .where(PersonRequest.contact_id == contact_id, PersonRequest.state.in_(states))
        .order_by(PersonRequest.created_at.desc())
        .limit(1)
    ).one_or_none()


def lock_request(db: Session, number: int) -> PersonRequest | None:
    """Return a request by its number, locked until this transaction ends; None when there is none."""
    found = sa.select(PersonRequest).where(PersonRequest.number == number)
    return db.scalars(found.with_for_update()).one_or_none()


def requests_in(db: Session, *states: str) -> Sequence[PersonRequest]:
    """Return the requests in some states, the oldest first."""
    found = sa.select(PersonRequest).where(PersonRequest.state.in_(states))
    return db.scalars(found.order_by(PersonRequest.created_at, PersonRequest.number)).all()


def hold_requests(db: Session, *states: str) -> Sequence[PersonRequest]:
    """Return the same, locked until this transaction ends, as they stand now, without those another process holds."""
    found = sa.select(PersonRequest).where(PersonRequest.state.in_(states)).order_by(PersonRequest.created_at)
    held = found.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    return db.scalars(held).all()


def words_of(db: Session, request: PersonRequest) -> Sequence[RequestWords]:
    """Return all that was written about a request, in order."""
    found = sa.select(RequestWords).where(RequestWords.request_id == request.id)
    return db.scalars(found.order_by(RequestWords.created_at, RequestWords.id)).all()


def words_beside(db: Session, attachment_id: int) -> Sequence[RequestWords]:
    """Return the words an attachment came with."""
    return db.scalars(sa.select(RequestWords).where(RequestWords.attachment_id == attachment_id)).all()


def delete_words(db: Session, requests: sa.Select[uuid.UUID] | Sequence[uuid.UUID]) -> int:
    """Delete all that was written about some requests, with the attachments nothing else refers to. Returns how many
    rows of words.
    """
    of = RequestWords.request_id.in_(requests)
    beside = list(db.scalars(sa.select(RequestWords.attachment_id).where(of, RequestWords.attachment_id.is_not(None))))
    count = db.connection().execute(sa.delete(RequestWords).where(of)).rowcount
    still = sa.select(RequestWords.attachment_id).where(RequestWords.attachment_id.is_not(None))
    sent = sa.select(Broadcast.attachment_id).where(Broadcast.attachment_id.is_not(None))
    unused = (Attachment.id.in_(beside), Attachment.id.not_in(still), Attachment.id.not_in(sent))
    db.execute(sa.delete(Attachment).where(*unused))
    return count


def next_number(db: Session) -> int:
    """Return the next number. Two processes that take the same: one meets the constraint and is run again."""
    return (db.scalar(sa.select(sa.func.max(PersonRequest.number))) or 0) + 1


def count_requests(db: Session) -> dict[str, int]:
    """Return how many requests there are by state."""
    rows = db.execute(sa.select(PersonRequest.state, sa.func.count()).group_by(PersonRequest.state))
    return {state: count for state, count in rows}  # noqa: C416 (a Row is not a pair to mypy)
