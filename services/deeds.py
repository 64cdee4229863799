"""What a service does when a form ends or an act is pressed: one table, rights checked at the press."""

import logging
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from conversations.roles import ADMIN, APPROVER, BROADCASTER, may
from conversations.values import Deed, Done, Say
from models import staff as memory
from models.contact import Contact
from models.sealed import SealBroken
from services import (
    approval,
    assessments,
    attendance,
    broadcasts,
    cards,
    erasure,
    files,
    meetings,
    mydata,
    person,
    staff,
    steering,
    stops,
)
from services.desk import Desk
from services.register import file_card, register

log = logging.getLogger(__name__)

Act = Callable[[Session, Desk, Contact, Deed], Done]

DEEDS: Mapping[str, tuple[str | None, Act]] = {
    "attend_yes": (None, attendance.attend_yes),
    "attend_no": (None, attendance.attend_no),
    "attend_next": (None, attendance.attend_next),
    "attend_wait": (None, attendance.attend_wait),
    "here": (None, attendance.here),
    "seen": (None, attendance.seen_by_clerk),
    "rate": (None, attendance.rate),
    "quit": (None, stops.quit),
    "subscribe": (None, attendance.subscribe),
    "register": (None, register),
    "join": (None, staff.join),
    "plan": (BROADCASTER, meetings.plan),
    "put_aside": (BROADCASTER, meetings.put_aside),
    "announce": (BROADCASTER, meetings.announce),
    "who_comes": (BROADCASTER, attendance.who_comes),
    "door_code": (BROADCASTER, attendance.door_code),
    "hall_code": (BROADCASTER, attendance.hall_code),
    "move": (BROADCASTER, meetings.move),
    "cancel": (BROADCASTER, meetings.cancel),
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
    "prepare": (BROADCASTER, assessments.prepare),
    "freeze": (BROADCASTER, broadcasts.freeze),
    "test": (BROADCASTER, broadcasts.test),
    "send": (BROADCASTER, broadcasts.send),
    "amend": (BROADCASTER, broadcasts.amend),
    "approve_yes": (APPROVER, approval.approve_yes),
    "approve_no": (APPROVER, approval.approve_no),
    "pause": (BROADCASTER, steering.pause),
    "resume": (BROADCASTER, steering.resume),
    "halt": (BROADCASTER, steering.halt),
    "retry": (BROADCASTER, steering.retry),
    "report": (BROADCASTER, steering.report),
    "drop": (BROADCASTER, broadcasts.drop),
    "undo": (BROADCASTER, steering.undo),
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
