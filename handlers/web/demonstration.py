"""The demonstration: an artisan's phone and a clerk's on a page, talking to the real program.

Only on this machine, and only where no channel is configured. Each phone is a random cookie; its
hash is the address. The page works without JavaScript; with it, messages arrive by themselves.
"""

import asyncio
import contextlib
import hashlib
import re
import secrets
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, Protocol
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from conversations.values import Heard, Pressed, Say
from handlers.body import TooLong, TooSlow, read_body
from handlers.web.local import is_local, is_own_page
from handlers.web.pages import HEADERS, page
from locales.speech import LANGUAGES
from services.context import Desk
from services.delivery.transcript import ShownMessage, shown_messages
from services.outbox.sending import Outgoing
from services.people.invitations import make_demonstration_staff
from services.runner import Runner
from services.turns.receive import store_inbound

CHANNEL = "web"
PHONES = {"artisan": "phone", "clerk": "clerk"}  # each with the address of its name
WORDS = (
    "title",
    "phone",
    "clerk",
    "type_here",
    "send",
    "forget",
    "demonstration",
    "offline",
    "map",
    "card",
    "card.pdf",
    "card.json",
)
LONGEST = 20_000
LONGEST_WORDS = 4096
PATIENCE = 3.0  # how long a page without JavaScript waits for its answer
BEAT = 15.0
ID = re.compile(r"[A-Za-z0-9-]{8,64}\Z")
LINK = re.compile(r"(https?://[^\s\u2066-\u2069]+)")
MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


class Turning(Protocol):
    """The turns: told of a stored message, and waited for."""

    def wake(self, contact_id: uuid.UUID) -> None: ...

    async def settled(self, contact_id: uuid.UUID) -> None: ...


class Hub:
    """Tells open pages that there is something new for their phone; it is also the way out."""

    def __init__(self) -> None:
        self._bells: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._closed = False

    def close(self) -> None:
        """End every open page's stream: the desk stops."""
        self._closed = True
        for bells in self._bells.values():
            for bell in bells:
                bell.set()

    async def send(self, outgoing: Outgoing) -> str:
        """The message is in the database: ring, and the page reads it from there."""
        for bell in self._bells.get(outgoing.address, ()):
            bell.set()
        return f"web-{outgoing.seq}"

    async def rings(self, address: str) -> AsyncGenerator[None]:
        """At once, then after each ring, and at least every few seconds."""
        bell = asyncio.Event()
        self._bells[address].add(bell)
        try:
            while not self._closed:
                bell.clear()
                yield
                try:
                    async with asyncio.timeout(BEAT):
                        await bell.wait()
                except TimeoutError:
                    continue
        finally:
            self._bells[address].discard(bell)
            if not self._bells[address]:
                del self._bells[address]


def hear(body: bytes) -> Heard | None:
    """What the page posted: words, or a button."""
    said: dict[str, str] = orjson.loads(body)
    pressed = Pressed.parse(said.get("data"))
    return Heard(said.get("text", "")) if pressed is None else pressed.heard()


class Demonstration:
    """The page's routes."""

    def __init__(self, runner: Runner, desk: Desk, hub: Hub, turns: Turning) -> None:
        self.runner, self.desk, self.hub, self.turns = runner, desk, hub, turns

    def routes(self) -> list[Route]:
        """What the page calls; `/` itself is the caller's, which knows whether we are shown."""
        return [
            Route("/say", self._guarded(self.say, is_own_page), methods=["POST"]),
            Route("/forget", self._guarded(self.forget, is_own_page), methods=["POST"]),
            Route("/events", self._guarded(self.events, is_local)),
        ]

    async def show(self, request: Request) -> Response:
        """Both phones. A first visit says hello, so that the desk speaks first."""
        shown, fresh = {}, {}
        for name in PHONES:
            cookie = request.cookies.get(_cookie(name), "")
            if not ID.match(cookie):
                cookie = fresh[name] = secrets.token_hex(24)
                await self._hello(name, cookie)
            shown[name] = await self._messages(cookie, 0)
        response = self._page(shown)
        for name, cookie in fresh.items():
            response.set_cookie(_cookie(name), cookie, httponly=True, samesite="lax", path="/")
        return response

    async def _hello(self, name: str, cookie: str) -> None:
        contact_id = await self._stored(address(cookie), "hello", {"text": "/start"})
        if contact_id is not None:
            if name == "clerk":
                await self.runner.run(make_demonstration_staff, self.desk, contact_id)
            self.turns.wake(contact_id)
        await self._turned(contact_id)

    def _page(self, shown: dict[str, list[ShownMessage]]) -> Response:
        every = {each: {name: self.desk.speech.say(Say(f"web.{name}"), each) for name in WORDS} for each in LANGUAGES}
        phones = []
        for name, title in PHONES.items():
            own = [each.spoken.language for each in shown[name] if not each.notice]
            language = own[-1] if own else "ar"
            messages = [_message(each) for each in shown[name]]
            asked = max((each.seq for each in shown[name] if not each.notice), default=0)
            for message in messages:
                message["live"] = message["notice"] or message["seq"] == asked
            phones.append(
                {
                    "name": name,
                    "title": title,
                    "language": language,
                    "words": every[language],
                    "direction": "rtl" if language == "ar" else "ltr",
                    "messages": messages,
                }
            )
        return page("phones.html", phones=phones, every_words=orjson.dumps(every).decode())

    async def say(self, request: Request) -> Response:
        """A message from a phone: JSON from the script, a form without it."""
        if not any(ID.match(request.cookies.get(_cookie(name), "")) for name in PHONES):
            return Response(status_code=403)
        try:
            said = _said(request, await read_body(request, LONGEST))
        except TooLong:
            return Response(status_code=413)
        except TooSlow:
            return Response(status_code=408)
        if said is None:
            return Response(status_code=400)
        name = said.pop("phone")
        cookie = request.cookies.get(_cookie(name), "")
        if not ID.match(cookie):
            return Response(status_code=403)
        contact_id = await self._stored(address(cookie), said.pop("id"), said)
        if contact_id is not None:
            self.turns.wake(contact_id)
        if _wants_json(request):
            return Response(status_code=204)
        await self._turned(contact_id)
        return RedirectResponse(f"/#last-{name}", status_code=303)

    async def forget(self, request: Request) -> Response:
        """A new phone in place of the one named: its cookie is dropped."""
        response = RedirectResponse("/", status_code=303)
        named = parse_qs((await read_body(request, LONGEST)).decode("ascii", "replace")).get("phone", [""])[0]
        for name in (named,) if named in PHONES else ():
            response.delete_cookie(_cookie(name), path="/", httponly=True, samesite="lax")
        return response

    async def events(self, request: Request) -> Response:
        """Messages as they come (server-sent events), from the number the page has seen."""
        cookie = request.cookies.get(_cookie(request.query_params.get("phone", "")), "")
        if not ID.match(cookie):
            return Response(status_code=403)
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "0")
        after = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
        return StreamingResponse(self._stream(cookie, after), media_type="text/event-stream", headers=HEADERS)

    async def _stream(self, cookie: str, after: int) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(self.hub.rings(address(cookie))) as rings:
            async for _ in rings:
                found = await self._messages(cookie, after)
                for shown in found:
                    after = shown.seq
                    yield b"id: %d\ndata: %s\n\n" % (after, orjson.dumps(_message(shown)))
                if not found:
                    yield b": still here\n\n"

    async def _stored(self, to: str, id: str, said: dict[str, str]) -> uuid.UUID | None:
        return await self.runner.run(store_inbound, self.desk, CHANNEL, f"{to}.{id}", to, orjson.dumps(said))

    async def _turned(self, contact_id: uuid.UUID | None) -> None:
        """Give the turn a moment, so that the page is drawn with its answer."""
        if contact_id is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await self.turns.settled(contact_id)

    async def _messages(self, cookie: str, after: int) -> list[ShownMessage]:
        return await self.runner.read(shown_messages, self.desk, CHANNEL, address(cookie), after)

    @staticmethod
    def _guarded(handler: Callable[[Request], Any], allowed: Callable[[Request], bool]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            if not allowed(request):
                return Response(status_code=403)
            response: Response = await handler(request)
            return response

        return guarded


def _cookie(name: str) -> str:
    return f"phone_{name}"


def address(cookie: str) -> str:
    """A phone's address: the hash of its cookie."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def _message(shown: ShownMessage) -> dict[str, Any]:
    spoken = shown.spoken
    parts = [{"text": part, "link": bool(LINK.match(part))} for part in LINK.split(spoken.text) if part]
    return {
        "seq": shown.seq,
        "notice": shown.notice,
        "parts": parts,
        "options": [{"data": b.data, "label": b.label} for b in spoken.options],
        "exits": [{"data": b.data, "label": b.label} for b in spoken.exits],
        "pins": [MAP.format(*media.id.split(",")) for media in spoken.media if media.kind == "pin"],
        "card": dict(shown.card),
        "language": spoken.language,
        "numbered": spoken.numbered,
    }


def _said(request: Request, body: bytes) -> dict[str, str] | None:
    """`phone`, `id` and either `data` or `text`; None for anything else."""
    try:
        if _wants_json(request):
            raw = orjson.loads(body)
        else:
            form = parse_qs(body.decode(), max_num_fields=10, keep_blank_values=True)
            raw = {name: values[0] for name, values in form.items()}
    except ValueError:
        return None
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        return None
    if not ID.match(raw.get("id", "")) or raw.get("phone") not in PHONES:
        return None
    from_whom = {"phone": raw["phone"], "id": raw["id"]}
    if Pressed.parse(raw.get("data")) is not None:
        return {**from_whom, "data": raw["data"]}
    words = raw.get("text", "").strip()[:LONGEST_WORDS]
    return {**from_whom, "text": words} if words else None


def _wants_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")
