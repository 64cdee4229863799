"""The list of who was erased, kept outside the database: what an older copy brings back is erased again.

A line each, ids alone: `<moment> <id of the contact or of the file>`. It stands beside the database and among the
backups.
"""

import logging
import os
import uuid
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import erasing
from models.contact import Contact, lock_contact
from models.erasure_record import Erasure, ErasureCause
from models.registration import Registration
from services.context import Desk

log = logging.getLogger(__name__)

ERASURE_LIST = "erased.list"
TOLD_ALONE = {"told": 1}  # the last word was said, and nothing erased yet


def list_erasure(desk: Desk, subject: uuid.UUID, at: datetime) -> None:
    """Add somebody to the lists before she is erased. A list that cannot be written is brought up with the next."""
    for path in desk.erasure_lists:
        try:
            _append(path, [(at, subject)])
        except OSError as error:
            log.warning("the list of erasures cannot be written", extra={"error": type(error).__name__})


def complete_lists(db: Session, desk: Desk, *more: Path) -> int:
    """Bring every list, and `more`, up with the others and with the database. Returns how many lines were added. Raises
    OSError.
    """
    done = sa.select(Erasure).where(Erasure.why == ErasureCause.ASKED, Erasure.subject.is_not(None))
    known = {row.subject: row.at for row in db.scalars(done) if row.subject and row.counts and row.counts != TOLD_ALONE}
    known |= erased_since(*desk.erasure_lists)
    added = 0
    for path in dict.fromkeys((*desk.erasure_lists, *more)):
        there = erased_since(path)
        missing = {subject: at for subject, at in known.items() if subject not in there}
        _append(path, [(at, subject) for subject, at in missing.items()])  # an empty list says that nobody was
        added += len(missing)
    return added


def erased_since(*paths: Path) -> dict[uuid.UUID, datetime]:
    """Return who stands in any of the lists, and since when; a line nobody can read is left out."""
    found: dict[uuid.UUID, datetime] = {}
    for path in paths:
        try:
            lines = path.read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            at, _, subject = line.partition(" ")
            try:
                found[uuid.UUID(subject.strip())] = datetime.fromisoformat(at)
            except ValueError:
                log.warning("a line of the list of erasures cannot be read")
    return found


def replay_erasures(db: Session, desk: Desk, *more: Path, due_too: bool = False) -> int:
    """Erase again, without a word to anybody, who stands in a list; with `due_too` who was to be erased by now as well.
    Returns how many files and contacts.
    """
    now, count, due = desk.clock.now(), 0, list[uuid.UUID]()
    if due_too:
        due += db.scalars(sa.select(Registration.id).where(Registration.erase_at <= now))
        due += db.scalars(sa.select(Contact.id).where(Contact.erase_at <= now))
    for subject in dict.fromkeys((*erased_since(*desk.erasure_lists, *more), *due)):
        count += _erase_again(db, desk, subject)
    return count


def _erase_again(db: Session, desk: Desk, subject: uuid.UUID) -> int:
    now = desk.clock.now()
    file = db.get(Registration, subject)
    if file is not None:
        counts = erasing.erase_file(db, file)
    elif (found := db.get(Contact, subject)) is not None and found.erased_at is None:
        counts = erasing.erase_contact(db, lock_contact(db, subject), now)
    else:
        return 0
    done = {table: number for table, number in counts.items() if number}
    row = db.scalars(sa.select(Erasure).where(Erasure.subject == subject)).first()
    if row is None:
        db.add(Erasure(at=now, why=ErasureCause.ASKED, subject=subject, counts=done))
    else:
        row.at, row.counts = now, done
    db.flush()
    return 1


def _append(path: Path, lines: Iterable[tuple[datetime, uuid.UUID]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, "".join(f"{at.isoformat()} {subject}\n" for at, subject in lines).encode())
        os.fsync(file)
    finally:
        os.close(file)
