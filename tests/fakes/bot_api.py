"""A fake Bot API over real HTTP: it enforces Telegram's limits and remembers what it accepted.

It runs in a thread of its own. Each accepted message is written to a log with its own fsync before
it is answered, so that what a killed bot had sent is known for certain.
"""

import asyncio
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from typing_extensions import override

from tests.fakes.served import Served

TEXT = 4096
DATA = 64
SECRET = "X-Telegram-Bot-Api-Secret-Token"
ME = {"id": 42, "is_bot": True, "first_name": "Desk", "username": "desk_test_bot"}


class BotApi(Served):
    """Telegram's side: updates in, messages out."""

    def __init__(self, folder: Path, rate: int | None = None) -> None:
        self.webhook: tuple[str, str] | None = None
        self.descriptions: dict[tuple[str, str], str] = {}
        self.commands: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.queue: deque[dict[str, Any]] = deque()
        self.blocked: set[int] = set()
        self._waiting: defaultdict[int, deque[dict[str, Any]]] = defaultdict(deque)
        self._message_id = 1000
        self.refused_files = 0
        self.kept: dict[str, bytes] = {}  # files by file_id
        self.edited: list[dict[str, Any]] = []
        self.deleted: list[tuple[int, int]] = []
        self.files: list[tuple[int, str, bytes]] = []
        super().__init__(folder, "accepted.jsonl", rate)

    @override
    def routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)

    # -- for tests --------------------------------------------------------------------------

    def inject(self, update: dict[str, Any]) -> None:
        """Deliver an update as Telegram does: by the webhook until it answers 200, or by polling."""
        asyncio.run_coroutine_threadsafe(self._deliver(update), self._loop).result(5)

    def to(self, chat: int) -> list[dict[str, Any]]:
        """The messages accepted for a chat, in order."""
        return [message for message in self.accepted if message["chat_id"] == chat]

    def fail_next(self, status: int, description: str, **parameters: Any) -> None:
        """The next message is refused."""
        self.answers.append(lambda: _refused(status, description, **parameters))

    # -- the server -------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given: dict[str, Any] = await _given(request)
        self.calls[method] += 1
        handler = getattr(self, f"_{method}", None)
        if handler is not None:
            answer: web.StreamResponse = await handler(given)
            return answer
        self._tell()
        return web.json_response({"ok": True, "result": True})

    async def _getMe(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        return web.json_response({"ok": True, "result": ME})

    async def _setMyDescription(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.descriptions["long", given.get("language_code", "")] = given["description"]
        return web.json_response({"ok": True, "result": True})

    async def _setMyShortDescription(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.descriptions["short", given.get("language_code", "")] = given["short_description"]
        return web.json_response({"ok": True, "result": True})

    async def _setMyCommands(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        names = [each["command"] for each in given["commands"]]
        bad = [each for each in given["commands"] if not 1 <= len(each["description"]) <= 256]
        if bad or len(names) > 100 or len(names) != len(set(names)):
            self.broken_rules.append(f"commands {names}")
        scope, language = given.get("scope", {}), given.get("language_code", "")
        self.commands[str(scope.get("chat_id", scope.get("type"))), language] = given["commands"]
        self._tell()
        return web.json_response({"ok": True, "result": True})

    async def _deleteMyCommands(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.commands.pop((str(given["scope"]["chat_id"]), given.get("language_code", "")), None)
        self._tell()
        return web.json_response({"ok": True, "result": True})

    async def _setWebhook(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.webhook = (given["url"], given.get("secret_token", ""))
        self._asked.set()
        while self.queue:  # what waited is posted now
            await self._deliver(self.queue.popleft())
        return web.json_response({"ok": True, "result": True})

    async def _deleteWebhook(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.webhook = None
        self._tell()
        return web.json_response({"ok": True, "result": True})

    async def _getWebhookInfo(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        url = self.webhook[0] if self.webhook else ""
        info = {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.queue)}
        return web.json_response({"ok": True, "result": info})

    async def _getUpdates(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        if self.webhook is not None:
            told = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it first"
            return _refused(409, told)
        offset = given.get("offset")
        while offset is not None and self.queue and self.queue[0]["update_id"] < offset:
            self.queue.popleft()
        if not self.queue:
            self._asked.clear()
            try:
                async with asyncio.timeout(min(given.get("timeout", 0), 5)):
                    while not self.queue:
                        self._asked.clear()
                        await self._asked.wait()
            except TimeoutError:
                pass
        return web.json_response({"ok": True, "result": list(self.queue)[: given.get("limit", 100)]})

    async def _sendMessage(self, given: dict[str, Any]) -> web.StreamResponse:  # noqa: N802
        self._check(given)
        if self.answers:
            answer = self.answers.popleft()()
            if answer is not None:
                self._tell()
                return answer
        told = self.refusal(given["chat_id"])
        if told is not None:
            return told
        if self.too_fast():
            return _refused(429, "Too Many Requests", retry_after=1)
        if given["chat_id"] in self.blocked:
            return _refused(403, "Forbidden: bot was blocked by the user")
        self._message_id += 1
        self.accept({**given, "message_id": self._message_id})
        result = {
            "message_id": self._message_id,
            "date": int(time.time()),
            "text": given["text"],
            "chat": {"id": given["chat_id"], "type": "private"},
        }
        return web.json_response({"ok": True, "result": result})

    async def _sendLocation(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        if not (isinstance(given.get("latitude"), float) and isinstance(given.get("longitude"), float)):
            self.broken_rules.append("location")
        self._message_id += 1
        self.accept({**given, "message_id": self._message_id, "text": "(pin)"})
        chat = {"id": given["chat_id"], "type": "private"}
        result = {"message_id": self._message_id, "date": int(time.time()), "chat": chat}
        return web.json_response({"ok": True, "result": result})

    async def _getFile(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        id = given["file_id"]
        if id not in self.kept:
            return _refused(400, "Bad Request: invalid file_id")
        found = {
            "file_id": id,
            "file_unique_id": id,
            "file_path": f"photos/{id}.jpg",
            "file_size": len(self.kept[id]),
        }
        return web.json_response({"ok": True, "result": found})

    async def _download(self, request: web.Request) -> web.Response:
        id = request.match_info["path"].removeprefix("photos/").removesuffix(".jpg")
        return web.Response(body=self.kept[id], content_type="image/jpeg")

    async def _sendVoice(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        return self._file(given, "voice", b"OggS", 50_000_000)

    async def _sendPhoto(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        return self._file(given, "photo", (b"\x89PNG", b"\xff\xd8"), 10_000_000)

    async def _sendDocument(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        return self._file(given, "document", (b"%PDF", b"{", b"PK"), 50_000_000)

    async def _deleteMessage(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.deleted.append((given["chat_id"], given["message_id"]))
        self._tell()
        return web.json_response({"ok": True, "result": True})

    def _file(self, given: dict[str, Any], kind: str, begins: bytes | tuple[bytes, ...], most: int) -> web.Response:
        """A file as Telegram takes one: its bytes by name in the form."""
        if self.refused_files:
            return _refused(self.refused_files, "Internal Server Error")
        content = given[kind]
        if not isinstance(content, bytes) or not content.startswith(begins) or len(content) > most:
            self.broken_rules.append(kind)
        self.files.append((int(given["chat_id"]), kind, content))
        self._message_id += 1
        self.accept({"chat_id": int(given["chat_id"]), "message_id": self._message_id, "text": f"({kind})"})
        chat = {"id": int(given["chat_id"]), "type": "private"}
        result = {"message_id": self._message_id, "date": int(time.time()), "chat": chat}
        return web.json_response({"ok": True, "result": result})

    async def _editMessageText(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self._check(given)
        self.edited.append(given)
        self._tell()
        return web.json_response({"ok": True, "result": True})

    def _check(self, given: dict[str, Any]) -> None:
        """What Telegram refuses and no library checks."""
        if not isinstance(given.get("chat_id"), int):
            self.broken_rules.append("chat_id")
        if not 1 <= len(str(given.get("text", "")).encode("utf-16-le")) // 2 <= TEXT:
            self.broken_rules.append("text length")
        for row in (given.get("reply_markup") or {}).get("inline_keyboard", []):
            for button in row:
                if not 1 <= len(button["callback_data"].encode()) <= DATA or not button["text"]:
                    self.broken_rules.append(f"button {button}")

    # -- updates ----------------------------------------------------------------------------

    async def _deliver(self, update: dict[str, Any]) -> None:
        if self.webhook is None:
            self.queue.append(update)
            self._asked.set()
            return
        chat = _chat(update)
        self._waiting[chat].append(update)
        if len(self._waiting[chat]) == 1:
            self.background(self._post_all(chat))

    async def _post_all(self, chat: int) -> None:
        """One chat's updates in order; each again until it is answered 200."""
        while self._waiting[chat]:
            assert self.webhook is not None
            url, secret = self.webhook
            try:
                async with self.session.post(
                    url, json=self._waiting[chat][0], headers={SECRET: secret}, allow_redirects=False
                ) as answer:
                    self.posted.append(answer.status)
                    if answer.status == 200:
                        self._waiting[chat].popleft()
                        continue
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.05)


async def _given(request: web.Request) -> dict[str, Any]:
    """The parameters of a call: JSON, or a form that carries files."""
    if not request.can_read_body:
        return {}
    if not request.content_type.startswith("multipart/"):
        given: dict[str, Any] = await request.json()
        return given
    form = await request.post()
    return {name: value.file.read() if isinstance(value, web.FileField) else str(value) for name, value in form.items()}


def _chat(update: dict[str, Any]) -> int:
    content = update.get("message") or update.get("edited_message") or update["callback_query"]["message"]
    number: int = content["chat"]["id"]
    return number


def _refused(status: int, description: str, **parameters: Any) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return web.json_response(body, status=status)
