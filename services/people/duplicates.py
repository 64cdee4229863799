"""The same person found twice: flagged for the chamber's people; the person hears nothing of it.

It is the clock that compares, so that an answer takes as long for who is known already as for who is new.
"""

import logging

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.language.texts import ARABIC_LETTERS, LATIN_LETTERS, TIFINAGH
from conversations.roles import Role
from conversations.values import Named, Reply, Say, SubjectKind
from models.registration import FileFlag, Registration, others_with
from models.sealed import UNREADABLE
from models.staff import staff_with
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.people.files import grouped_reference, person_of

log = logging.getLogger(__name__)

COMPARED_A_LOOK = 50


def compare_files(db: Session, desk: Desk) -> int:
    """Compare every file that is new or has changed with the others, once. Returns how many there were."""
    found = sa.select(Registration).where(Registration.to_compare.is_(sa.true())).limit(COMPARED_A_LOOK)
    rows = db.scalars(found.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.to_compare = False
        try:
            flag_duplicates(db, desk, row)
        except UNREADABLE as error:
            log.error("a file cannot be read", extra={"file": str(row.id), "error": type(error).__name__})
    return len(rows)


def flag_duplicates(db: Session, desk: Desk, row: Registration) -> None:
    """Flag other files of the same person, and a name of two alphabets, and tell the admins."""
    flags = set()
    if row.cin_blind is not None and others_with(db, row, cin_blind=row.cin_blind):
        flags.add(FileFlag.SAME_CIN)
    if row.twins is not None and others_with(db, row, twins=row.twins):
        flags.add(FileFlag.SAME_NAME_AND_PHONE)
    if mixes_scripts(str(person_of(desk, row)["name"])):
        flags.add(FileFlag.MIXED_SCRIPTS)
    news = flags - set(row.flags or ())
    row.flags = sorted(flags | set(row.flags or ())) or None  # told once: an admin takes them off
    for each in sorted(news):
        said = Say(f"staff.flag.{each}", {"reference": Named.same(grouped_reference(row.reference))})
        for admin in staff_with(db, Role.ADMIN):
            enqueue_notice(db, desk, admin, Reply((said,)), about=SubjectKind.FLAG.of(row.id.hex))


def mixes_scripts(name: str) -> bool:
    """Return whether a name has letters of two alphabets, or of one nobody writes names in here."""
    letters = [c for c in name if c.isalpha()]
    known = [script for script in (ARABIC_LETTERS, LATIN_LETTERS, TIFINAGH) if any(script.match(c) for c in letters)]
    return len(known) > 1 or not all(any(script.match(c) for script in known) for c in letters)
