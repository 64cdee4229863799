"""What Telegram sent, read with suspicion: any shape of JSON gives an answer, never an exception."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from conversations.values import Heard, Pressed
from services.turns.converse import PERSON_CAME_BACK, PERSON_LEFT

CHANNEL = "telegram"
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
LONGEST = 4096
INVITED = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
FORWARDED = ("forward_origin", "forward_date", "via_bot")  # somebody else's words
FILE = re.compile(r"[A-Za-z0-9_-]{1,200}\Z")
INT64 = 2**63
MEDIA = {
    "sticker": "sticker", "voice": "voice", "audio": "voice", "video_note": "voice",
    "photo": "photo", "video": "document", "animation": "document", "document": "document",
    "contact": "contact", "location": "place", "venue": "place", "dice": "other", "poll": "other",
    "story": "other", "game": "other", "gift": "other", "unique_gift": "other",
    "paid_media": "other", "invoice": "other", "checklist": "other",
}  # fmt: skip


# What a file may be, by its type: a picture sent as a file is one.
DOCUMENTS = {"application/pdf": "document", "image/jpeg": "photo", "image/png": "photo"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who an update is from, and its id. `group`: a group's chat id, which the desk leaves."""

    external_id: str
    address: str
    group: bool = False


def envelope(update: Any) -> Envelope | None:
    """The envelope of an update; None for one the desk has no use for."""
    if not isinstance(update, Mapping):
        return None
    number = _integer(update.get("update_id"))
    found = _content(update)
    if number is None or found is None:
        return None
    kind, content = found
    chat = _mapping(_mapping(content.get("message")).get("chat") if kind == "callback_query" else content.get("chat"))
    chat_id = _integer(chat.get("id"))
    if chat_id is None and kind == "callback_query":
        chat_id = _integer(_mapping(content.get("from")).get("id"))
        chat = {"type": "private"}
    if chat_id is None:
        return None
    if chat.get("type") != "private":
        return Envelope(str(number), str(chat_id), group=True)
    return Envelope(_external(number, kind, content, chat_id), str(chat_id))


def _external(number: int, kind: str, content: Mapping[str, Any], chat_id: int) -> str:
    """The update's id with what it carries: Telegram may start its numbers anew after a quiet week.

    The pictures of one album are one message, answered once.
    """
    album = content.get("media_group_id")
    if kind == "message" and isinstance(album, str) and album:
        return f"album.{chat_id}.{album[:64]}"
    inner = content.get("id") if kind == "callback_query" else content.get("message_id")
    return f"{number}.{kind[0]}{str(inner)[:64]}"


def hear(body: bytes) -> Heard | None:
    """What an update says; None when it says nothing to the desk (a pinned message, say)."""
    found = _content(_mapping(orjson.loads(body)))
    if found is None:
        return None
    kind, content = found
    if kind == "callback_query":
        return pressed(content.get("data"))
    if kind == "my_chat_member":
        status = _mapping(content.get("new_chat_member")).get("status")
        return Heard(media=PERSON_LEFT if status in ("kicked", "left") else PERSON_CAME_BACK)
    sent_at = _moment(content.get("date"))
    if kind == "edited_message":
        return Heard(media="edited", sent_at=sent_at)
    return _message(content, sent_at)


def _message(message: Mapping[str, Any], sent_at: datetime | None) -> Heard | None:
    words = message.get("text") or message.get("caption")
    if isinstance(words, str) and words.strip():
        answered = _integer(_mapping(message.get("reply_to_message")).get("message_id"))
        replied_to = None if answered is None else str(answered)
        if any(mark in message for mark in FORWARDED):
            return Heard(words[:LONGEST], media="forwarded", sent_at=sent_at)
        file = _file(message)
        return Heard(_plain_command(words[:LONGEST]), sent_at=sent_at, replied_to=replied_to, file=file)
    for key, media in MEDIA.items():
        if key in message:
            return Heard(_told(message, key), media=media, sent_at=sent_at, file=_file(message))
    return Heard(media="other", sent_at=sent_at) if "text" in message else None


def _file(message: Mapping[str, Any]) -> str | None:
    """Telegram's name of a picture (its largest), a voice note or a document."""
    pictures = message.get("photo")
    largest = pictures[-1] if isinstance(pictures, list) and pictures else None
    for kind, found in (("photo", largest), ("voice", message.get("voice"))):
        name = _mapping(found).get("file_id")
        if isinstance(name, str) and FILE.match(name):
            return f"{kind}.{name}"
    document = _mapping(message.get("document"))
    kind = DOCUMENTS.get(str(document.get("mime_type")), "")
    name = document.get("file_id")
    if kind and isinstance(name, str) and FILE.match(name):
        return f"{kind}.{name}"
    return None


def _told(message: Mapping[str, Any], key: str) -> str:
    """What a place or one's own contact card says; nothing of other media, nor of others' cards."""
    content = _mapping(message.get(key))
    if key in ("location", "venue"):
        place = _mapping(content.get("location")) if key == "venue" else content
        latitude, longitude = place.get("latitude"), place.get("longitude")
        if all(isinstance(each, float) and abs(each) <= 180 for each in (latitude, longitude)):
            return f"{latitude:.6f},{longitude:.6f}"
    if key == "contact":
        own = _integer(content.get("user_id")) == _integer(_mapping(message.get("from")).get("id"))
        number = content.get("phone_number")
        if own and content.get("user_id") is not None and isinstance(number, str) and len(number) < 32:
            return number if number.startswith("+") else f"+{number}"
    return ""


def _plain_command(words: str) -> str:
    """`/start@our_bot payload` is `/start`: but for an invitation, what a link carries is no answer."""
    command, *rest = words.split(maxsplit=1)
    if command.partition("@")[0] != "/start":
        return words
    payload = rest[0].strip() if rest else ""
    return f"/start {payload}" if INVITED.match(payload) else "/start"


def pressed(data: Any) -> Heard:
    """A button: `<step>:<option>:<draft>`. Anything else is a button nobody knows."""
    found = Pressed.parse(data)
    return Heard("unknown", step="unknown", draft="") if found is None else found.heard()


def _content(update: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    for kind in ALLOWED_UPDATES:
        content = update.get(kind)
        if isinstance(content, Mapping):
            return kind, content
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _integer(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < INT64:
        return value
    return None


def _moment(value: Any) -> datetime | None:
    seconds = _integer(value)
    if seconds is None or not 0 <= seconds < 2**32:
        return None
    return datetime.fromtimestamp(seconds, UTC)
