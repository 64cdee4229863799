"""The words of a message, made when it leaves; and the template that says the same out of the window."""

from sqlalchemy.orm import Session

from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from models.delivery import Delivery, unseal_message
from models.session import SessionState
from services.broadcasts.words import broadcast_words
from services.context import Desk
from services.outbox.made import NothingToSay, Rendered, template_for
from services.outbox.messages import unpack_spoken
from services.sessions.words import session_words

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


def render(db: Session, desk: Desk, row: Delivery, contact: Contact) -> Rendered:
    """What a message says today. Undone; SealBroken, ValueError, KeyError, TypeError: unreadable."""
    if row.broadcast_id is None:
        spoken = unpack_spoken(unseal_message(desk.sealer, row))
        head, _, _ = (row.about or "").partition(":")
        return Rendered(spoken, template_for(desk, NOTICES.get(head, ""), contact, (spoken.text,)))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == BroadcastState.UNDONE:
        raise NothingToSay
    if broadcast.session_id is None:
        return broadcast_words(db, desk, broadcast, contact)
    meeting = broadcast.meeting
    if meeting is None:
        raise NothingToSay
    if meeting.state == SessionState.CANCELLED and broadcast.kind != "cancelled":
        raise NothingToSay
    if broadcast.kind in OF_AN_EDITION and broadcast.edition != meeting.edition:
        raise NothingToSay
    if broadcast.kind in BEFORE_IT and meeting.starts_at <= desk.clock.now():
        raise NothingToSay
    return session_words(db, desk, broadcast, meeting, contact)
