"""A contact's Chat, in and out of its sealed column."""

import orjson

from conversations.desk.chat import Chat, from_json, to_json
from models.contact import Contact
from services.context import Desk


def read_chat(desk: Desk, contact: Contact) -> Chat:
    """Return what the desk remembers of a contact; an empty Chat for a new one. Raises SealBroken."""
    if contact.chat is None:
        return Chat()
    return from_json(orjson.loads(desk.sealer.unseal("contact", "chat", contact.id.hex, contact.chat)))


def write_chat(desk: Desk, contact: Contact, chat: Chat) -> None:
    """Seal a Chat into its contact's row."""
    packed = orjson.dumps(to_json(chat))
    contact.chat = desk.sealer.seal("contact", "chat", contact.id.hex, packed)
    contact.language = chat.language
