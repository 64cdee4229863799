"""What a service does when a form ends or an act is pressed: one table, rights checked at the press."""

import logging
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from conversations.roles import ADMIN, CLERK, may
from conversations.values import Deed, Done, Say
from models import staff as memory
from models.contact import Contact
from models.sealed import SealBroken
from services import (
    assessments,
    broadcasts,
    cards,
    erasure,
    files,
    meetings,
    mydata,
    person,
    staff,
    stops,
)  # fmt: skip
from services.desk import Desk
from services.register import file_card, register

log = logging.getLogger(__name__)

Act = Callable[[Session, Desk, Contact, Deed], Done]

DEEDS: Mapping[str, tuple[str | None, Act]] = {
    "attend_yes": (None, meetings.attend_yes),
    "attend_no": (None, meetings.attend_no),
    "subscribe": (None, meetings.subscribe),
    "register": (None, register),
    "join": (None, staff.join),
    "plan": (CLERK, meetings.plan),
    "move": (CLERK, meetings.move),
    "cancel": (CLERK, meetings.cancel),
    "follow": (None, assessments.follow),
    "open_file": (None, files.open_file),
    "prove": (None, files.prove),
    "correct": (None, files.correct),
    "keep_file": (None, files.keep_file),
    "keep_all": (None, files.keep_all),
    "file_card": (None, file_card),
    "cin_link": (None, cards.cin_link),
    "card_typed": (None, cards.card_typed),
    "download": (None, mydata.download),
    "mute": (None, stops.mute),
    "erase": (None, erasure.ask),
    "prepare": (CLERK, assessments.prepare),
    "freeze": (CLERK, broadcasts.freeze),
    "send": (CLERK, broadcasts.send),
    "drop": (CLERK, broadcasts.drop),
    "undo": (CLERK, broadcasts.undo),
    "invite": (ADMIN, staff.invite),
    "admit_yes": (ADMIN, staff.admit_yes),
    "admit_no": (ADMIN, staff.admit_no),
    "answer": (ADMIN, person.answer),
}


def do(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Do it, for one who may today; to anybody else it is a button nobody knows."""
    role, act = DEEDS[deed.name]
    if not may(memory.role_of(db, contact.id), role):
        return Done((Say("desk.stale"),), refused=True)
    try:
        return act(db, desk, contact, deed)
    except SealBroken:  # one row nobody can open: said and logged, and the rest goes on
        log.error("a deed met what cannot be read", extra={"contact": str(contact.id)})
        return Done((Say("desk.apology"),), refused=True)
