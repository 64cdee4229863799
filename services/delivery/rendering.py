"""The words of a message, made when it leaves; and the template that says the same out of the window."""

from sqlalchemy.orm import Session

from conversations.values import Subject
from models.broadcast import Broadcast, BroadcastState
from models.contact import Contact
from models.delivery import Delivery, unseal_message
from models.session import SessionState
from services.broadcasts.words import broadcast_words
from services.context import Desk
from services.outbox.made import NothingToSay, Rendered, template_for
from services.outbox.messages import unpack_spoken
from services.outbox.notice_kinds import NOTICE_TEMPLATES, SESSION_NOTICES
from services.sessions.words import session_words


def render(db: Session, desk: Desk, row: Delivery, contact: Contact) -> Rendered:
    """Return a delivery's words as of today. Raises NothingToSay; SealBroken, ValueError, KeyError, TypeError when
    its row cannot be read.
    """
    if row.broadcast_id is None:
        spoken = unpack_spoken(unseal_message(desk.sealer, row))
        about = Subject.parse(row.about)
        template = NOTICE_TEMPLATES.get(about.kind) if about is not None else None
        return Rendered(spoken, template_for(desk, template, contact, (spoken.text,)))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == BroadcastState.UNDONE:
        raise NothingToSay
    if broadcast.session_id is None:
        return broadcast_words(db, desk, broadcast, contact)
    meeting = broadcast.meeting
    notice = SESSION_NOTICES[broadcast.kind]
    if meeting is None or (meeting.state == SessionState.CANCELLED and not notice.when_cancelled):
        raise NothingToSay
    if notice.of_edition and broadcast.edition != meeting.edition:
        raise NothingToSay
    if notice.before_start and meeting.starts_at <= desk.clock.now():
        raise NothingToSay
    return session_words(db, desk, broadcast, notice, meeting, contact)
