"""The journal: every act of the chamber's people, each row chained to the one before by a keyed hash.

A row holds ids only, so that an erased file or person leaves nothing in it; nothing here is ever changed.
"""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from conversations.values import Subject
from models.rows import Row, Utc
from models.sealed import Sealer

BEFORE_ALL = bytes(32)
HEAD_LETTERS = 16  # of the hash, in hex, that stand in a head
ROWS_A_PAGE = 1000
NOBODY = 0  # the number of who acts when it is the server, or the desk itself


class JournalEntry(Row):
    """One act: who (`actor`, her number among the chamber's people), what, on what, when."""

    __tablename__ = "journal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Utc)
    actor: Mapped[int]
    act: Mapped[str] = mapped_column(sa.String(32))
    subject: Mapped[str | None] = mapped_column(sa.String(80))
    hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))


def append_entry(db: Session, sealer: Sealer, at: datetime, actor: int, act: str, subject: Subject | None) -> None:
    """Add an act at the end. Two processes that take the same number: one meets the key and is run again."""
    last = db.scalars(sa.select(JournalEntry).order_by(JournalEntry.number.desc()).limit(1)).one_or_none()
    entry = JournalEntry(
        number=1 if last is None else last.number + 1,
        at=at,
        actor=actor,
        act=act,
        subject=None if subject is None else str(subject),
    )
    entry.hash = _hash(sealer, BEFORE_ALL if last is None else last.hash, entry)
    db.add(entry)
    db.flush()


def _hash(sealer: Sealer, before: bytes, entry: JournalEntry) -> bytes:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = (before.hex(), str(entry.number), at, str(entry.actor), entry.act, entry.subject or "")
    return sealer.blind("journal", "|".join(parts))


def head_of(entry: JournalEntry) -> str:
    """Return a row as a head: its number, and the first letters of its hash."""
    return f"{entry.number}-{entry.hash.hex()[:HEAD_LETTERS]}"


def journal_head(db: Session) -> str | None:
    """Return the head of the journal; None of an empty one."""
    last = db.scalars(sa.select(JournalEntry).order_by(JournalEntry.number.desc()).limit(1)).one_or_none()
    return None if last is None else head_of(last)


def last_entries(db: Session, most: int) -> Sequence[JournalEntry]:
    """Return the last acts, the latest first."""
    return db.scalars(sa.select(JournalEntry).order_by(JournalEntry.number.desc()).limit(most)).all()


def first_broken(db: Session, sealer: Sealer) -> int | None:
    """Return the number of the first row that was changed or is missing; None when all stand as they were written."""
    before, expected = BEFORE_ALL, 1
    while True:
        page = sa.select(JournalEntry).where(JournalEntry.number >= expected).order_by(JournalEntry.number)
        rows = db.scalars(page.limit(ROWS_A_PAGE)).all()
        for row in rows:
            if row.number != expected or row.hash != _hash(sealer, before, row):
                return expected
            before, expected = row.hash, expected + 1
        db.expunge_all()
        if len(rows) < ROWS_A_PAGE:
            break
    strays = db.scalar(sa.select(sa.func.count()).where(JournalEntry.number < 1)) or 0
    return 0 if strays else None


def stands(db: Session, head: str) -> bool:
    """Return whether a head that was told once is still a row of the journal."""
    number, _, digest = head.strip().partition("-")
    row = db.get(JournalEntry, int(number)) if number.isascii() and number.isdigit() and len(number) < 10 else None
    return row is not None and len(digest) == HEAD_LETTERS and row.hash.hex().startswith(digest)


def subject_id(value: object) -> str | None:
    """Return an id that may stand in the journal: a whole number or a row's own id; None for anything else."""
    text = value.hex if isinstance(value, uuid.UUID) else str(value).partition(".")[0]
    hexes = len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
    return text if hexes or (text.isascii() and text.isdigit() and len(text) < 12) else None
