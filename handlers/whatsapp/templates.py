"""WhatsApp templates: what each says, made at Twilio through the Content API, and whether it is approved.

Twilio: Content API (`/v1/Content`, `/v1/ContentAndApprovals`, `/v1/Content/<sid>/ApprovalRequests/whatsapp`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from twilio.rest import Client

from conversations.values import Named, Say
from handlers.whatsapp.contents import URL
from locales.speech import LANGUAGES, Speech

LISTED = "https://content.twilio.com/v1/ContentAndApprovals"
# Blanks by kind, in the order of their numbers; what fills them in an example that WhatsApp's people read.
MEETING = ("commune", "place", "when", "number")
BLANKS: Mapping[str, tuple[str, ...]] = {
    "announce": MEETING,
    "remind": MEETING,
    "moved": MEETING,
    "cancelled": MEETING,
    "thanks": MEETING,
    "broadcast": ("text",),
    "answer": ("text",),
    "staff": ("text",),
    "nudge": ("text",),
    "file": ("text",),
}
EXAMPLES = {"commune": "Guelmim", "place": "1", "when": "07/12/2026", "number": "1", "text": "..."}
# What WhatsApp calls an invitation nobody asked for on that day; the rest is about something agreed to.
MARKETING = ("announce", "broadcast", "nudge")
PAGES = 20


class Refused(RuntimeError):
    """Twilio did not do what was asked; its own number says why."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it stands at Twilio: its ContentSid and WhatsApp's word on it."""

    sid: str
    status: str
    why: str = ""


def name(kind: str, language: str) -> str:
    """What a template is called at Twilio."""
    return f"hirfa_{kind}_{language}"


def body(speech: Speech, kind: str, language: str) -> str:
    """The words of a template, its placeholders numbered as WhatsApp has them."""
    numbered = {blank: Named.same(f"{{{{{place}}}}}") for place, blank in enumerate(BLANKS[kind], 1)}
    words = speech.say(Say(f"template.{kind}", dict(numbered)), language)
    return words.replace("\u2068", "").replace("\u2069", "").replace("\u00a0", " ")


async def listed(client: Client) -> dict[str, Template]:
    """Every template Twilio has, by its name. Refused."""
    found: dict[str, Template] = {}
    url: str | None = f"{LISTED}?PageSize=100"
    for _ in range(PAGES):
        if not url:
            break
        answer = await client.request_async("GET", url)
        if answer.status_code != 200:
            raise Refused(f"Twilio answered {answer.status_code}")
        page = orjson.loads(answer.text)
        for each in page.get("contents", ()):
            asked = each.get("approval_requests") or {}
            found[each["friendly_name"]] = Template(
                each["sid"], asked.get("status") or "unsubmitted", asked.get("rejection_reason") or ""
            )
        url = (page.get("meta") or {}).get("next_page_url")
    return found


async def create(client: Client, speech: Speech, kind: str, language: str) -> Template:
    """Make a template and hand it in for approval. Refused."""
    called = name(kind, language)
    content = {
        "friendly_name": called,
        "language": language,
        "types": {"twilio/text": {"body": body(speech, kind, language)}},
        "variables": {str(place): EXAMPLES[blank] for place, blank in enumerate(BLANKS[kind], 1)},
    }
    made = await _post(client, URL, content)
    sid = str(made["sid"])
    asked = {"name": called, "category": "MARKETING" if kind in MARKETING else "UTILITY"}
    answer = await _post(client, f"{URL}/{sid}/ApprovalRequests/whatsapp", asked)
    return Template(sid, str(answer.get("status", "received")))


async def _post(client: Client, url: str, data: Mapping[str, object]) -> dict[str, object]:
    answer = await client.request_async("POST", url, data=dict(data), headers={"Content-Type": "application/json"})
    if answer.status_code not in (200, 201):
        raise Refused(f"Twilio answered {answer.status_code}")
    found: dict[str, object] = orjson.loads(answer.text)
    return found


def all_templates() -> list[tuple[str, str]]:
    """Every kind in every language."""
    return [(kind, language) for kind in BLANKS for language in LANGUAGES]
