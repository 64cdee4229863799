"""A contact's Chat, in and out of its sealed column."""

import orjson

from conversations.desk.chat import Chat, from_json, to_json
from models.contact import Contact
from services.context import Desk


def read_chat(desk: Desk, contact: Contact) -> Chat:
    """What the desk remembers of a contact; an empty Chat for a new one."""
    if contact.chat is None:
        return Chat()
    return from_json(orjson.loads(desk.sealer.unseal("contact", "chat", contact.id.hex, contact.chat)))


def write_chat(desk: Desk, contact: Contact, chat: Chat) -> None:
    """Remember a Chat."""
    packed = orjson.dumps(to_json(chat))
    contact.chat = desk.sealer.seal("contact", "chat", contact.id.hex, packed)
    contact.language = chat.language
