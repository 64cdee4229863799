"""The same person found twice: flagged for the chamber's people; the person hears nothing of it.

It is the clock that compares, so that an answer takes as long for who is known already as for who is new.
"""

import logging

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.language.texts import ARABIC, LATIN, TIFINAGH
from conversations.values import Named, Reply, Say
from models.registration import MIXED_SCRIPTS, SAME_CIN, SAME_NAME_AND_PHONE, Registration, others_with
from models.sealed import UNREADABLE
from models.staff import admins
from services.context import Desk
from services.outbox.messages import notify
from services.people.files import grouped, person_of

log = logging.getLogger(__name__)

PAGE = 50


def compare(db: Session, desk: Desk) -> int:
    """Every file that is new or has changed, once. How many there were."""
    found = sa.select(Registration).where(Registration.to_compare.is_(sa.true())).limit(PAGE)
    rows = db.scalars(found.with_for_update(skip_locked=True)).all()
    for row in rows:
        row.to_compare = False
        try:
            flag(db, desk, row)
        except UNREADABLE as error:
            log.error("a file cannot be read", extra={"file": str(row.id), "error": type(error).__name__})
    return len(rows)


def flag(db: Session, desk: Desk, row: Registration) -> None:
    """Look for other files of the same person, and for a name of two alphabets; admins hear of it."""
    flags = set()
    if row.cin_blind is not None and others_with(db, row, cin_blind=row.cin_blind):
        flags.add(SAME_CIN)
    if row.twins is not None and others_with(db, row, twins=row.twins):
        flags.add(SAME_NAME_AND_PHONE)
    if mixed(str(person_of(desk, row)["name"])):
        flags.add(MIXED_SCRIPTS)
    news = flags - set(row.flags or ())
    row.flags = sorted(flags | set(row.flags or ())) or None  # told once: an admin takes them off
    for each in sorted(news):
        said = Say(f"staff.flag.{each}", {"reference": Named.same(grouped(row.reference))})
        for admin in admins(db):
            notify(db, desk, admin, Reply((said,)), about=f"flag:{row.id.hex}")


def mixed(name: str) -> bool:
    """Whether a name has letters of two alphabets, or of one nobody writes names in here."""
    letters = [c for c in name if c.isalpha()]
    known = [script for script in (ARABIC, LATIN, TIFINAGH) if any(script.match(c) for c in letters)]
    return len(known) > 1 or not all(any(script.match(c) for script in known) for c in letters)
