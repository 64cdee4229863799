"""Messages enqueued: the reply of a turn, a notice to one person; packed as bytes to seal."""

import uuid
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from conversations.context import TurnContext
from conversations.desk import open_forms
from conversations.desk import router as mind
from conversations.desk.chat import Chat
from conversations.values import Button, Media, Reply, Spoken, Subject
from models import delivery
from models.contact import Contact
from models.delivery import DeliveryKind
from models.rows import new_id
from services.context import Desk


def spoken_reply(desk: Desk, chat: Chat, decision: open_forms.Decision, context: TurnContext) -> Spoken:
    """Return a decision's replies as one message in the contact's language."""
    exits = mind.exits(chat, context, desk.flows)
    if not exits and not decision.replies[-1].options and chat.language is not None:
        exits = ("menu",)  # never a dead end
    return desk.speech.speak(decision.replies, chat.language, chat.form.draft, exits)


def enqueue_reply(
    db: Session,
    desk: Desk,
    contact: Contact,
    channel: str,
    address: bytes,
    spoken: Spoken,
    about: Subject | None = None,
) -> None:
    """Enqueue a reply after every earlier reply of the contact."""
    contact.last_seq += 1
    row = _row(desk, contact.id, channel, address, spoken, about)
    delivery.insert_deliveries(db, {**row, "seq": contact.last_seq, "kind": DeliveryKind.REPLY})


def enqueue_before_reply(
    db: Session, desk: Desk, contact: Contact, reply: Reply, about: Subject | None, language: str
) -> None:
    """Enqueue what is shown before the reply of this turn, in a language."""
    if contact.channel is not None and contact.address is not None:
        spoken = desk.speech.speak((reply,), language, "0")
        enqueue_reply(db, desk, contact, contact.channel, contact.address, spoken, about)


def enqueue_notice(
    db: Session,
    desk: Desk,
    contact: Contact,
    reply: Reply,
    about: Subject | None = None,
    language: str | None = None,
    kind: str = DeliveryKind.NOTICE,
    not_after: datetime | None = None,
) -> uuid.UUID | None:
    """Enqueue a notice to one person where she was last heard from, in her language or another. Returns its id; None
    when there is nowhere to write to.
    """
    if contact.channel is None or contact.address is None:
        return None
    spoken = desk.speech.speak((reply,), language or contact.language, "0")
    row = _row(desk, contact.id, contact.channel, contact.address, spoken, about)
    delivery.insert_deliveries(db, {**row, "seq": None, "kind": kind, "not_after": not_after})
    id: uuid.UUID = row["id"]
    return id


def _row(
    desk: Desk, contact_id: uuid.UUID, channel: str, address: bytes, spoken: Spoken, about: Subject | None
) -> dict[str, Any]:
    now, id = desk.clock.now(), new_id()
    return {
        "id": id,
        "contact_id": contact_id,
        "channel": channel,
        "address": address,
        "about": None if about is None else str(about),
        "body": delivery.seal_message(desk.sealer, id, pack_spoken(spoken)),
        "created_at": now,
        "due_at": now,
    }


def pack_spoken(spoken: Spoken) -> bytes:
    """Return a message as bytes to seal."""
    return orjson.dumps(
        {
            "text": spoken.text,
            "options": [(b.data, b.label, b.typed) for b in spoken.options],
            "exits": [(b.data, b.label, b.typed) for b in spoken.exits],
            "media": [(m.kind, m.id, m.words) for m in spoken.media],
            "language": spoken.language,
            "numbered": spoken.numbered,
            **({"shares": spoken.shares} if spoken.shares else {}),
            **({"shared": spoken.shared} if spoken.shared else {}),
        }
    )


def unpack_spoken(body: bytes) -> Spoken:
    """Return a message from its bytes. Raises ValueError, KeyError, TypeError when they are none."""
    raw = orjson.loads(body)
    return Spoken(
        text=raw["text"],
        options=tuple(Button(*button) for button in raw["options"]),
        exits=tuple(Button(*button) for button in raw["exits"]),
        media=tuple(Media(*media) for media in raw["media"]),
        language=raw["language"],
        numbered=raw["numbered"],
        shares=raw.get("shares", ""),
        shared=raw.get("shared", ""),
    )
