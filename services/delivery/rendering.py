"""The words of a message, made when it leaves; and the template that says the same out of the window."""

from sqlalchemy.orm import Session

from models.broadcast import UNDONE, Broadcast
from models.contact import Contact
from models.delivery import Delivery, unseal_message
from models.session import CANCELLED
from services.broadcasts.words import text_of
from services.context import Desk
from services.outbox.made import Made, Undone, template
from services.outbox.messages import unpack
from services.sessions.words import date_of

# The template of a notice, by what it is about.
NOTICES = {
    "answer": "answer",
    "request": "staff",
    "broadcast": "staff",
    "sending": "staff",
    "approval": "staff",
    "staff": "staff",
    "nudge": "nudge",
    "session": "answer",
    "flag": "staff",
    "cin": "file",
    "erased": "file",
    "place": "answer",
}

# What is true of the meeting as it stood then, and no more once it has changed; what has no sense afterwards.
OF_AN_EDITION = ("evening", "morning", "moved", "placed")
BEFORE_IT = ("announce", *OF_AN_EDITION)


def rendered(db: Session, desk: Desk, row: Delivery, contact: Contact) -> Made:
    """What a message says today. Undone; SealBroken, ValueError, KeyError, TypeError: unreadable."""
    if row.broadcast_id is None:
        spoken = unpack(unseal_message(desk.sealer, row))
        head, _, _ = (row.about or "").partition(":")
        return Made(spoken, template(desk, NOTICES.get(head, ""), contact, (spoken.text,)))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == UNDONE:
        raise Undone
    if broadcast.session_id is None:
        return text_of(db, desk, broadcast, contact)
    meeting = broadcast.meeting
    if meeting is None:
        raise Undone
    if meeting.state == CANCELLED and broadcast.kind != "cancelled":
        raise Undone
    if broadcast.kind in OF_AN_EDITION and broadcast.edition != meeting.edition:
        raise Undone
    if broadcast.kind in BEFORE_IT and meeting.starts_at <= desk.clock.now():
        raise Undone
    return date_of(db, desk, broadcast, meeting, contact)
