"""Questions the desk had no answer for: kept without who asked, for a clerk to say what they are."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.rows import Row, Utc, new_id, sealed_column
from models.sealed import Sealer

TABLE = "unanswered"


class UnansweredState(StrEnum):
    """What became of a question nobody had an answer for."""

    WAITING = "waiting"
    LABELLED = "labelled"  # a clerk said which question it is, or that it is none of ours
    PROPOSED = "proposed"  # a clerk wrote an answer, an admin has not agreed yet
    ANSWERED = "answered"  # said to who asks the same again
    DROPPED = "dropped"


class Unanswered(Row):
    """A question, once however often it is asked (`times`). `key`: a keyed hash of its folded words. `label`: the topic
    a clerk gave it. No contact stands here: nobody can be found by it.
    """

    __tablename__ = TABLE

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(unique=True)
    key: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    words: Mapped[bytes] = sealed_column("id")
    answer: Mapped[bytes | None] = sealed_column("id")
    language: Mapped[str] = mapped_column(sa.String(2))
    state: Mapped[str] = mapped_column(sa.String(9), default=UnansweredState.WAITING, index=True)
    label: Mapped[str | None] = mapped_column(sa.String(40))
    times: Mapped[int] = mapped_column(default=1)
    author_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Utc)


def blind_question(sealer: Sealer, folded: str) -> bytes:
    """Return the keyed hash a question is found again by."""
    return sealer.blind(TABLE, folded)


def seal_question(sealer: Sealer, column: str, id: uuid.UUID, words: str) -> bytes:
    """Return words sealed for a column of their own row."""
    return sealer.seal(TABLE, column, id.hex, words.encode())


def unseal_question(sealer: Sealer, row: Unanswered) -> str:
    """Return the question in the clear. Raises SealBroken."""
    return sealer.unseal(TABLE, "words", row.id.hex, row.words).decode()


def unseal_answer(sealer: Sealer, row: Unanswered) -> str:
    """Return the answer in the clear, empty while there is none. Raises SealBroken."""
    return "" if row.answer is None else sealer.unseal(TABLE, "answer", row.id.hex, row.answer).decode()


def question_by_key(db: Session, key: bytes) -> Unanswered | None:
    """Return the question with a key; None when nobody asked it."""
    return db.scalars(sa.select(Unanswered).where(Unanswered.key == key)).one_or_none()


def question_by_number(db: Session, number: int) -> Unanswered | None:
    """Return the question with a number, locked; None when there is none."""
    return db.scalars(sa.select(Unanswered).where(Unanswered.number == number).with_for_update()).one_or_none()


def waiting_questions(db: Session, most: int) -> Sequence[Unanswered]:
    """Return the questions that wait for a clerk, the most asked first."""
    found = sa.select(Unanswered).where(Unanswered.state == UnansweredState.WAITING)
    return db.scalars(found.order_by(Unanswered.times.desc(), Unanswered.number).limit(most)).all()


def count_questions(db: Session) -> dict[str, int]:
    """Return how many questions stand in each state."""
    rows = db.execute(sa.select(Unanswered.state, sa.func.count()).group_by(Unanswered.state))
    return {state: count for state, count in rows}  # noqa: C416 (a Row is not a pair to mypy)


def next_question_number(db: Session) -> int:
    """Return the next number. Two processes that take the same: one meets the constraint and is run again."""
    return (db.scalar(sa.select(sa.func.max(Unanswered.number))) or 0) + 1
