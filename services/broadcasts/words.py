"""What a clerk's own broadcast says to one person, its placeholders filled when it leaves."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.values import Card, Data, Media, Named, Placeholder, Reply, Say
from models.attachment import Attachment
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Reason, delivery_of
from services.broadcasts.placeholders import fill_placeholders, fill_with_examples
from services.context import Desk
from services.outbox.made import NothingToSay, Rendered, template_for
from services.outbox.notice_kinds import TEXT_TEMPLATE


def broadcast_words(db: Session, desk: Desk, broadcast: Broadcast, contact: Contact) -> Rendered:
    """Return a clerk's words to one person. Raises NothingToSay when a placeholder cannot be filled."""
    language = contact.language or "ar"
    words = fill_placeholders(db, desk, contact, _texts(broadcast)[language], language)
    if words is None:
        raise NothingToSay(Reason.BLANK)
    reply = _said(db, broadcast, words, broadcast.id)
    spoken = desk.speech.speak((reply,), contact.language, "0")
    return Rendered(spoken, template_for(desk, TEXT_TEMPLATE, contact, (words,)), _replaces(db, broadcast, contact))


def _texts(broadcast: Broadcast) -> Mapping[str, str]:
    return broadcast.texts or {}


def broadcast_preview(db: Session, desk: Desk, row: Broadcast, language: str) -> Reply:
    """Return a broadcast as people will get it, its placeholders filled by examples; its button stops nobody's
    messages.
    """
    if row.session_id is not None:
        return Reply((Say("broadcast.as_read", {"text": Named(_texts(row))}),), numbered=False)
    words = fill_with_examples(desk, row.audience or {}, _texts(row)[language], language)
    return _said(db, row, words, about=0)


def _said(db: Session, row: Broadcast, words: str, about: int) -> Reply:
    both: dict[str, Placeholder] = {"text": Named.same(words)}
    head = "told.correction" if row.original_id is not None else "told.broadcast"
    offers = (actions.action_button("quit", "news", about),)
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
    first = delivery_of(db, row.original_id, contact.id)
    if first is None or first.channel != contact.channel:
        return None
    return first.provider_id
