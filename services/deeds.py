"""What a service does when a form ends or an act is pressed: one table, rights checked at the press."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from conversations.roles import ADMIN, CLERK, may
from conversations.values import Deed, Done, Say
from models import staff as memory
from models.contact import Contact
from services import assessments, broadcasts, meetings, person, staff
from services.desk import Desk
from services.register import register

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
    return act(db, desk, contact, deed)
