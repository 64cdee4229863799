"""What a clerk's own broadcast says to one person, its placeholders filled when it leaves."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.values import Blank, Card, Data, Media, Named, Reply, Say
from models.attachment import Attachment
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Reason, of_broadcast
from services.broadcasts.placeholders import filled, sample
from services.context import Desk
from services.outbox.made import Made, Undone, template


def text_of(db: Session, desk: Desk, broadcast: Broadcast, contact: Contact) -> Made:
    """What a clerk's words say to one person. Raises Undone when a placeholder cannot be filled."""
    language = contact.language or "ar"
    words = filled(db, desk, contact, _texts(broadcast)[language], language)
    if words is None:
        raise Undone(Reason.BLANK)
    reply = _said(db, broadcast, words, broadcast.id)
    spoken = desk.speech.speak((reply,), contact.language, "0")
    return Made(spoken, template(desk, "broadcast", contact, (words,)), _replaces(db, broadcast, contact))


def _texts(broadcast: Broadcast) -> Mapping[str, str]:
    return broadcast.texts or {}


def preview(db: Session, desk: Desk, row: Broadcast, language: str) -> Reply:
    """A message as people will get it, its blanks filled by examples; its button stops nobody's messages."""
    words = sample(desk, row.audience or {}, _texts(row)[language], language)
    return _said(db, row, words, about=0)


def _said(db: Session, row: Broadcast, words: str, about: int) -> Reply:
    both: dict[str, Blank] = {"text": Named.same(words)}
    head = "told.correction" if row.original_id is not None else "told.broadcast"
    offers = (actions.offer("quit", "news", about),)
    return Reply((Say(head, both), Say("told.stop")), offers, _beside(db, row), numbered=False)


def _beside(db: Session, row: Broadcast) -> tuple[Media | Card | Data, ...]:
    if row.attachment_id is None:
        return ()
    kept = db.get_one(Attachment, row.attachment_id)
    return (Media(kept.kind, str(kept.id)),)


def _replaces(db: Session, row: Broadcast, contact: Contact) -> str | None:
    """The provider's id of the message that a correction is about, as this contact has it."""
    if row.original_id is None:
        return None
    first = of_broadcast(db, row.original_id, contact.id)
    if first is None or first.channel != contact.channel:
        return None
    return first.provider_id
