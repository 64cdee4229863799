"""What Twilio posted, read with suspicion: any set of fields gives an answer, never an exception."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from conversations.values import Heard, Pressed

CHANNEL = "whatsapp"
LONGEST = 4096
ADDRESS = re.compile(r"whatsapp:(?:\+[0-9]{6,15}|[A-Z]{2}\.[A-Za-z0-9_.-]{1,64})\Z")
SID = re.compile(r"[A-Z]{2}[0-9A-Za-z]{1,64}\Z")
DEGREES = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,12})?\Z", re.ASCII)
MEDIA_URL = re.compile(r"https?://[!-~]{1,400}\Z", re.ASCII)
KINDS = {
    "audio": "voice",
    "image": "photo",
    "video": "document",
    "application": "document",
    "text": "contact",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a message is from, under both names the channel may give, and its id."""

    external_id: str
    address: str
    also: str | None


def envelope(fields: Mapping[str, str]) -> Envelope | None:
    """The envelope of an inbound message; None when a field it needs is missing or odd."""
    sid, address = fields.get("MessageSid", ""), fields.get("From", "")
    if not SID.match(sid) or not ADDRESS.match(address):
        return None
    also = fields.get("ExternalUserId", "")
    return Envelope(sid, address, also if ADDRESS.match(also) and also != address else None)


def hear(body: bytes) -> Heard | None:
    """What a stored message says; None for one that says nothing to the desk (a reaction, say)."""
    fields: dict[str, str] = orjson.loads(body)
    replied = fields.get("OriginalRepliedMessageSid", "")
    replied_to = replied if SID.match(replied) else None
    for key in ("ButtonPayload", "ListId"):
        pressed = Pressed.parse(fields.get(key))
        if pressed is not None:
            return pressed.heard()
    words = next(filter(str.strip, (fields.get(key, "") for key in ("Body", "ButtonText", "ListTitle"))), "")
    latitude, longitude = fields.get("Latitude", ""), fields.get("Longitude", "")
    if DEGREES.match(latitude) and DEGREES.match(longitude):
        return Heard(f"{float(latitude):.6f},{float(longitude):.6f}", media="place")
    if words and fields.get("Forwarded", "").lower() == "true":
        return Heard(words[:LONGEST], media="forwarded")
    if words:
        sent_at, file = _moment(fields.get("DateSent", "")), _file(fields)
        return Heard(words[:LONGEST], replied_to=replied_to, sent_at=sent_at, file=file)
    if fields.get("NumMedia", "0") not in ("", "0"):
        kind = fields.get("MediaContentType0", "").partition("/")[0].strip().lower()
        return Heard(media=KINDS.get(kind, "other"), file=_file(fields))
    return None


def _file(fields: Mapping[str, str]) -> str | None:
    """Where Twilio keeps a picture or a voice note. Nothing is fetched unasked."""
    whole = fields.get("MediaContentType0", "").partition(";")[0].strip().lower()
    kind, url = whole.partition("/")[0], fields.get("MediaUrl0", "")
    if (kind not in ("image", "audio") and whole != "application/pdf") or not MEDIA_URL.match(url):
        return None
    return f"{KINDS[kind]}.{url}"


def _moment(text: str) -> datetime | None:
    """When it was sent, where that is told: of a message the sweep found."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
