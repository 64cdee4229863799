"""Telegram's door: the webhook or our own polling, one way to store, and the small courtesies."""

import asyncio
import hmac
import logging
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

from handlers.body import TooLong, TooSlow, mended_json, read_body
from handlers.telegram.receive import ALLOWED_UPDATES, CHANNEL, envelope
from handlers.telegram.send import NO_PREVIEW
from handlers.telegram.transport import AiohttpRequest, OtherPoller, TokenRefused, Unreadable, WebhookSet
from services.context import Desk
from services.key_value import get_value, set_value
from services.loop import surviving
from services.runner import DatabaseUnavailable, Runner
from services.troubles import TroubleKind, note_trouble
from services.turns.converse import TurnDone
from services.turns.receive import store_inbound
from services.unheard import Unheard, UnheardReason

log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (its name, not its value)
LONGEST_BODY = 1_000_000
POLL = 25
BATCH = 100
COURTESIES = 20  # at once; more are left out
LOOK_SECONDS = 60.0  # between two looks at the webhook Telegram has for us
NAME_SECONDS = 86_400.0  # between two looks at our own name
REFUSED_SECONDS = 30.0  # until a token that was refused is tried again
SILENT_AFTER = timedelta(minutes=1)
BOT_KEY = "telegram.bot"
UNREACHED_WITHIN = timedelta(minutes=10)  # Telegram's last failure to post to us is of the present
UPDATE_NUMBER = re.compile(rb'"update_id"\s*:\s*([0-9]{1,18})')


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
        unheard: Unheard,
    ) -> None:
        """`links`: where people may write to, by channel; ours is added once we know our name."""
        self.transport = transport
        self.bot, self.runner, self.desk, self.wake = bot, runner, desk, wake
        self.links, self.unheard = links, unheard
        self._courtesies: set[asyncio.Task[None]] = set()

    # -- in -------------------------------------------------------------------------------------

    async def receive(self, update: Any) -> bool:
        """Store an update and wake its contact. Returns False when there was nothing to store. Raises
        DatabaseUnavailable.
        """
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
            self.unheard.note(CHANNEL, UnheardReason.UNREADABLE)
            return False
        contact_id = await self.runner.run(store_inbound, self.desk, CHANNEL, found.external_id, found.address, body)
        self.unheard.hear(CHANNEL)
        if contact_id is not None:
            self.wake(contact_id)
        return True

    def route(self, *secrets: str) -> Route:
        """The webhook, which only who knows one of the secrets may call: the present one, or the one before."""

        async def webhook(request: Request) -> Response:
            given = request.headers.getlist(SECRET_HEADER)
            known = [hmac.compare_digest(given[0].encode(), secret.encode()) for secret in secrets if given]
            if len(given) != 1 or not any(known):
                self.unheard.refuse(CHANNEL, UnheardReason.SECRET)
                return Response(status_code=403)
            return await self._posted(request)

        return Route(PATH, webhook, methods=["POST"])

    async def _posted(self, request: Request) -> Response:
        """What carries the secret is Telegram's: said to be taken though it cannot be read, or it would come again
        and hold up what follows it.
        """
        raw = b""
        try:
            raw = await read_body(request, LONGEST_BODY)
            update = self._read(raw)
        except TooSlow:
            return Response(status_code=408)
        except TooLong:
            self.unheard.note(CHANNEL, UnheardReason.TOO_LONG)
        except ValueError:
            self.unheard.note(CHANNEL, UnheardReason.UNREADABLE, raw)
        else:
            for error in await self._receive_all([update]):
                raise error
        return Response(status_code=200)

    def _read(self, raw: bytes) -> Any:
        """Return what JSON says, its damaged letters replaced. Raises ValueError when it is none."""
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            mended = mended_json(raw)
            self.unheard.note(CHANNEL, UnheardReason.MENDED)
            return mended

    async def _receive_all(self, updates: list[Any]) -> list[DatabaseUnavailable]:
        """Store updates, each for itself: one that meets a bug is counted, and the others are stored. Returns what
        asks for all of them to be sent again.
        """
        away: list[DatabaseUnavailable] = []
        results = await asyncio.gather(*map(self.receive, updates), return_exceptions=True)
        for update, found in zip(updates, results, strict=True):
            if isinstance(found, DatabaseUnavailable):
                away.append(found)
            elif isinstance(found, Exception):
                self.unheard.note(CHANNEL, UnheardReason.FAILED, _as_json(update), error=type(found).__name__)
            elif isinstance(found, BaseException):
                raise found
        return away

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
                    try:
                        if not cleared:
                            cleared = await self.bot.delete_webhook()
                        offset, wait = await self._poll_once(offset), 0.0
                        self.unheard.hear(CHANNEL)
                    except WebhookSet:  # somebody else set one, which makes us deaf
                        cleared = False
                        log.warning("somebody set a webhook: it is taken off")
                        await self._trouble(TroubleKind.WEBHOOK)
                    except OtherPoller:
                        await self._trouble(TroubleKind.POLLER)
                        raise
                    except (TokenRefused, InvalidToken):
                        wait = REFUSED_SECONDS
                        await self._trouble(TroubleKind.TOKEN)
                        raise
                    except TelegramError:
                        await self._note_silence()
                        raise
            await asyncio.sleep(wait)

    async def _note_silence(self) -> None:
        """Telegram has not answered for a while: note it."""
        heard = self.unheard.heard_at.get(CHANNEL)
        if heard is None or datetime.now(UTC) - heard > SILENT_AFTER:
            await self._trouble(TroubleKind.SILENT)

    async def _trouble(self, kind: TroubleKind, detail: str = "") -> None:
        await self.runner.run(note_trouble, self.desk, kind, CHANNEL, 1, detail)

    async def _poll_once(self, offset: int | None) -> int | None:
        """Fetch and store the next updates. Returns the offset that confirms them. Raises TelegramError,
        DatabaseUnavailable, WebhookSet.
        """
        try:
            return await self._stored(await self._updates(offset, POLL, BATCH), offset)
        except Unreadable:  # one update of the answer would hold up the others
            return await self._poll_one_by_one(offset)

    async def _poll_one_by_one(self, offset: int | None) -> int | None:
        """Fetch single updates until the one that cannot be read is found; it is counted and left behind."""
        for _ in range(BATCH):
            try:
                updates = await self._updates(offset, 0, 1)
                if not updates:
                    break
                offset = await self._stored(updates, offset)
            except Unreadable as error:
                offset = await self._after(offset, error)
                self.unheard.note(CHANNEL, UnheardReason.UNREADABLE, error.body)
        return offset

    async def _after(self, offset: int | None, unreadable: Unreadable) -> int:
        """Return the offset behind an update that cannot be read: after its number or, where that cannot be read
        either, at the number of the one that follows. Raises Unreadable while none follows: it holds up nobody.
        """
        number = UPDATE_NUMBER.search(unreadable.body)
        if number is not None and int(number[1]) >= (offset or 0):
            return int(number[1]) + 1
        try:
            following = await self._updates(offset, 0, BATCH)
        except Unreadable as error:
            numbers = [int(each) for each in UPDATE_NUMBER.findall(error.body)]
        else:
            numbers = _numbers(following)
        after = [number for number in numbers if number > (offset or 0)]
        if not after:
            raise unreadable
        return min(after)

    async def _updates(self, offset: int | None, wait: int, most: int) -> list[Any]:
        """Return the next updates. Raises TelegramError (Unreadable, WebhookSet among them)."""
        asked: dict[str, Any] = {"timeout": wait, "limit": most, "allowed_updates": list(ALLOWED_UPDATES)}
        if offset is not None:
            asked["offset"] = offset
        url = f"{self.bot.base_url}/getUpdates"
        found = await self.transport.fetch(url, asked, read_timeout=wait + 10, read=self._read)
        return found if isinstance(found, list) else []

    async def _stored(self, updates: list[Any], offset: int | None) -> int | None:
        """Store updates. Returns the offset that confirms them. Raises Unreadable when none has a number that moves on,
        for they would come again at once; DatabaseUnavailable.
        """
        for error in await self._receive_all(updates):
            raise error
        seen = [number for number in _numbers(updates) if number >= (offset or 0)]
        if updates and not seen:
            raise Unreadable(b"")
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
        if kind == "document":
            return content, "application/pdf"
        return content, "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"

    # -- around ---------------------------------------------------------------------------------

    async def announce(self, webhook: tuple[str, str] | None) -> None:
        """Tell Telegram where to post (url, secret), again until it answers; learn our name, and again each day."""
        while True:
            wait = 5.0
            with surviving("announcing", TelegramError):
                try:
                    if webhook is not None:
                        url, secret = webhook
                        await self.bot.set_webhook(url + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
                    me = await self.bot.get_me()
                except (InvalidToken, TokenRefused):
                    wait = REFUSED_SECONDS
                    await self._trouble(TroubleKind.TOKEN)
                    raise
                self.links[CHANNEL] = f"https://t.me/{me.username}"
                wait, webhook = NAME_SECONDS, None
                await self._recognise(me.id, str(me.username))
            await asyncio.sleep(wait)

    async def _recognise(self, id: int, name: str) -> None:
        """Note when the token is another bot's than before: who wrote to that one cannot be written to by this one."""
        before = await self.runner.read(get_value, BOT_KEY)
        if before is not None and before.partition(" ")[0] != str(id):
            log.warning("the token is another bot's than before")
            await self._trouble(TroubleKind.BOT, f"@{name} (@{before.partition(' ')[2]})")
        if before != f"{id} {name}":
            await self.runner.run(set_value, BOT_KEY, f"{id} {name}")

    async def watch(self, webhook: tuple[str, str], every: float = LOOK_SECONDS) -> None:
        """Look every so often whether Telegram posts to us; where it does not, set it again, and note it."""
        while True:
            await asyncio.sleep(every)
            with surviving("watching the webhook", TelegramError):
                try:
                    await self._look_at_webhook(*webhook)
                except TokenRefused:
                    await self._trouble(TroubleKind.TOKEN)
                    raise
                except TelegramError:
                    await self._note_silence()
                    raise

    async def _look_at_webhook(self, url: str, secret: str) -> None:
        found = await self.transport.fetch(f"{self.bot.base_url}/getWebhookInfo", {}, read_timeout=10)
        at = found.get("url") if isinstance(found, dict) else None
        if not isinstance(at, str):
            return
        if at == url + PATH:
            failed = found.get("last_error_date")
            now = datetime.now(UTC)
            if isinstance(failed, int) and found.get("pending_update_count"):
                if now - datetime.fromtimestamp(failed, UTC) < UNREACHED_WITHIN:
                    await self._trouble(TroubleKind.UNREACHED, str(found.get("last_error_message"))[:100])
            else:
                self.unheard.hear(CHANNEL)
            return
        log.warning("Telegram's webhook was taken off or changed: it is set again", extra={"empty": not at})
        await self.bot.set_webhook(url + PATH, secret_token=secret, allowed_updates=ALLOWED_UPDATES)
        await self._trouble(TroubleKind.WEBHOOK)

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
            except Exception as error:  # noqa: BLE001 (marked place 2 of 3: a courtesy changes nothing)
                log.info("courtesy failed", extra={"error": type(error).__name__})

        if len(self._courtesies) >= COURTESIES:
            work.close()
            return
        task = asyncio.create_task(attempt())
        self._courtesies.add(task)
        task.add_done_callback(self._courtesies.discard)


def _as_json(update: Any) -> bytes | None:
    try:
        return orjson.dumps(update)
    except orjson.JSONEncodeError:
        return None


def _numbers(updates: list[Any]) -> list[int]:
    """The numbers of updates, as far as they have one."""
    found = [update.get("update_id") for update in updates if isinstance(update, dict)]
    return [number for number in found if isinstance(number, int) and not isinstance(number, bool)]


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
