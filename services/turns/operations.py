"""What a service does when a form ends or an act is pressed: one table, rights checked at the press."""

import logging
from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from conversations.roles import ADMIN, APPROVER, BROADCASTER, may
from conversations.values import Deed, Done, Say
from models import staff as memory
from models.contact import Contact
from models.sealed import SealBroken
from services.broadcasts import approval, broadcasts, controls
from services.context import Desk
from services.people import assessments, data_export, files, help_requests, id_card_links, staff, stops
from services.people.register import file_card, register
from services.privacy import erasure
from services.sessions import attendance, sessions

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
    "plan": (BROADCASTER, sessions.plan),
    "put_aside": (BROADCASTER, sessions.put_aside),
    "announce": (BROADCASTER, sessions.announce),
    "who_comes": (BROADCASTER, attendance.who_comes),
    "door_code": (BROADCASTER, attendance.door_code),
    "hall_code": (BROADCASTER, attendance.hall_code),
    "move": (BROADCASTER, sessions.move),
    "cancel": (BROADCASTER, sessions.cancel),
    "follow": (None, assessments.follow),
    "open_file": (None, files.open_file),
    "prove": (None, files.prove),
    "correct": (None, files.correct),
    "keep_file": (None, files.keep_file),
    "keep_all": (None, files.keep_all),
    "file_card": (None, file_card),
    "cin_link": (None, id_card_links.cin_link),
    "card_typed": (None, id_card_links.card_typed),
    "download": (None, data_export.download),
    "mute": (None, stops.mute),
    "erase": (None, erasure.ask),
    "prepare": (BROADCASTER, assessments.prepare),
    "freeze": (BROADCASTER, broadcasts.freeze),
    "test": (BROADCASTER, broadcasts.test),
    "send": (BROADCASTER, broadcasts.send),
    "amend": (BROADCASTER, broadcasts.amend),
    "approve_yes": (APPROVER, approval.approve_yes),
    "approve_no": (APPROVER, approval.approve_no),
    "pause": (BROADCASTER, controls.pause),
    "resume": (BROADCASTER, controls.resume),
    "halt": (BROADCASTER, controls.halt),
    "retry": (BROADCASTER, controls.retry),
    "report": (BROADCASTER, controls.report),
    "drop": (BROADCASTER, broadcasts.drop),
    "undo": (BROADCASTER, controls.undo),
    "invite": (ADMIN, staff.invite),
    "admit_yes": (ADMIN, staff.admit_yes),
    "admit_no": (ADMIN, staff.admit_no),
    "answer": (ADMIN, help_requests.answer),
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
