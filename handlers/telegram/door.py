"""Telegram's door: the webhook or our own polling, one way to store, and the small courtesies."""

import asyncio
import hmac
import logging
import uuid
from collections.abc import Callable
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import TelegramError

from handlers.body import TooLong, TooSlow, read_body
from handlers.telegram.receive import ALLOWED_UPDATES, CHANNEL, envelope
from handlers.telegram.send import NO_PREVIEW
from handlers.telegram.transport import AiohttpRequest
from services.context import Desk
from services.loop import surviving
from services.runner import Runner
from services.turns.converse import TurnDone
from services.turns.receive import store_inbound

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (its name, not its value)
LONGEST_BODY = 1_000_000
POLL = 25
BATCH = 100
COURTESIES = 20  # at once; more are left out


class Lock(Protocol):
    """Only one process may poll."""

    def hold(self) -> bool: ...


class TelegramDoor:
    """Receives updates and stores them; answers presses. The turn itself happens elsewhere."""

    def __init__(
        self,
        bot: Bot,
        transport: AiohttpRequest,
        runner: Runner,
        desk: Desk,
        wake: Callable[[uuid.UUID], None],
        links: dict[str, str],
    ) -> None:
        """`links`: where people may write to, by channel; ours is added once we know our name."""
        self.transport = transport
        self.bot, self.runner, self.desk, self.wake = bot, runner, desk, wake
        self.links = links
        self._courtesies: set[asyncio.Task[None]] = set()

    # -- in -------------------------------------------------------------------------------------

    async def receive(self, update: Any) -> bool:
        """Store an update and wake its contact; False when there was nothing to store."""
        found = envelope(update)
        if found is None:
            log.info("update ignored")
            return False
        if found.group:
            self._courtesy(self._leave(int(found.address)))
            return False
        try:
            body = orjson.dumps(update)
        except orjson.JSONEncodeError:
            log.warning("update ignored: nested too deep")
            return False
        contact_id = await self.runner.run(store_inbound, self.desk, CHANNEL, found.external_id, found.address, body)
        if contact_id is not None:
            self.wake(contact_id)
        return True

    def route(self, secret: str) -> Route:
        """The webhook, which only who knows the secret may call."""

        async def webhook(request: Request) -> Response:
            given = request.headers.getlist(SECRET_HEADER)
            if len(given) != 1 or not hmac.compare_digest(given[0].encode(), secret.encode()):
                return Response(status_code=403)
            return await self._posted(request)

        return Route(PATH, webhook, methods=["POST"])

    async def _posted(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return Response(status_code=415)
        try:
            update = orjson.loads(await read_body(request, LONGEST_BODY))
        except TooLong:
            return Response(status_code=413)
        except TooSlow:
            return Response(status_code=408)
        except orjson.JSONDecodeError:
            return Response(status_code=400)
        await self.receive(update)
        return Response(status_code=200)

    # -- our own polling ------------------------------------------------------------------------

    async def poll(self, lock: Lock) -> None:
        """Fetch updates as long as we run and are the one that may: store, commit, then move on."""
        offset: int | None = None
        cleared = False
        while True:
            wait = 3.0  # after a round that failed nothing was confirmed: it comes again
            with surviving("polling", TelegramError):
                if not await asyncio.to_thread(lock.hold):
                    offset, cleared, wait = None, False, 1.0
                else:
                    if not cleared:
                        cleared = await self.bot.delete_webhook()
                    offset, wait = await self._poll_once(offset), 0.0
            await asyncio.sleep(wait)

    async def _poll_once(self, offset: int | None) -> int | None:
        asked: dict[str, Any] = {"timeout": POLL, "limit": BATCH, "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            asked["offset"] = offset
        url = f"{self.bot.base_url}/getUpdates"
        updates = await self.transport.fetch(url, asked, read_timeout=POLL + 10)
        if not isinstance(updates, list):
            return offset
        await asyncio.gather(*map(self.receive, updates))
        numbers = [u.get("update_id") for u in updates if isinstance(u, dict)]
        seen = [number for number in numbers if isinstance(number, int)]
        return seen[-1] + 1 if seen else offset

    async def fetch(self, kind: str, reference: str) -> tuple[bytes, str] | None:
        """The bytes of a picture or a voice note, by Telegram's name of it, and their type."""
        try:
            file = await self.bot.get_file(reference)
            content = bytes(await file.download_as_bytearray())
        except (TelegramError, ValueError) as error:
            log.warning("a file was not fetched", extra={"error": type(error).__name__})
            return None
        if kind == "voice":
            return content, "audio/ogg"
        return content, "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"

    # -- around ---------------------------------------------------------------------------------

    async def announce(self, webhook: tuple[str, str] | None) -> None:
        """Learn our name, and tell Telegram where to post (url, secret); again until it answers."""
        while True:
            try:
                if webhook is not None:
                    url, secret = webhook
                    await self.bot.set_webhook(url + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
                self.links[CHANNEL] = f"https://t.me/{(await self.bot.get_me()).username}"
                return
            except TelegramError as error:
                log.warning("Telegram does not answer", extra={"error": type(error).__name__})
                await asyncio.sleep(5)

    def after(self, turned: TurnDone) -> None:
        """After a press had its turn: stop the button's waiting, and show the choice made."""
        update = orjson.loads(turned.body)
        query, message = update.get("callback_query"), update.get("message")
        if turned.unsays and isinstance(message, dict):
            self._courtesy(self._take_off(message))
        if isinstance(query, dict):
            self._courtesy(self._acknowledge(query, turned.taken))

    async def _acknowledge(self, query: dict[str, Any], taken: bool) -> None:
        await self.bot.answer_callback_query(str(query.get("id")))
        message = query.get("message")
        if not taken or not isinstance(message, dict) or "text" not in message:
            return
        chosen = _label(message, query.get("data"))
        text = message["text"] + (f"\n\n✅ {chosen}" if chosen else "")
        await self.bot.edit_message_text(
            text,
            chat_id=message["chat"]["id"],
            message_id=message["message_id"],
            link_preview_options=NO_PREVIEW,
        )

    async def _take_off(self, message: dict[str, Any]) -> None:
        """Take a message off the chat: a card's number, or its picture. Telegram allows it for two days."""
        await self.bot.delete_message(message["chat"]["id"], message["message_id"])

    async def _leave(self, group: int) -> None:
        await self.bot.leave_chat(group)

    def _courtesy(self, work: Any) -> None:
        """Best effort, outside the ledger: a courtesy that fails changes nothing."""

        async def attempt() -> None:
            try:
                await work
            except (TelegramError, KeyError, TypeError) as error:
                log.info("courtesy failed", extra={"error": type(error).__name__})

        if len(self._courtesies) >= COURTESIES:
            work.close()
            return
        task = asyncio.create_task(attempt())
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)


def _label(message: dict[str, Any], data: Any) -> str | None:
    """What was pressed, read from the message it stood under: its face, or the line of its digit."""
    markup = message.get("reply_markup")
    for row in markup.get("inline_keyboard", []) if isinstance(markup, dict) else []:
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and button.get("callback_data") == data:
                face = str(button.get("text"))
                lines = str(message.get("text", "")).splitlines()
                return next((line for line in lines if line.startswith(f"{face}. ")), face)
    return None
