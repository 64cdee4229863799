"""A fake Bot API over real HTTP: it enforces Telegram's limits and remembers what it accepted.

It runs in a thread of its own. Each accepted message is written to a log with its own fsync before
it is answered, so that what a killed bot had sent is known for certain.
"""

import asyncio
import json
import os
import signal
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

TEXT = 4096
DATA = 64
SECRET = "X-Telegram-Bot-Api-Secret-Token"
ME = {"id": 42, "is_bot": True, "first_name": "Desk", "username": "desk_test_bot"}


class BotApi:
    """`url` is the base to give to the bot."""

    def __init__(self, folder: Path) -> None:
        self.log = (folder / "accepted.jsonl").open("a", encoding="utf-8")
        self.accepted: list[dict[str, Any]] = []
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.broken_rules: list[str] = []
        self.answers: deque[Callable[[], web.StreamResponse | None]] = deque()
        self.kill: tuple[int, int] | None = None  # (how many more accepts, pid)
        self.webhook: tuple[str, str] | None = None
        self.queue: deque[dict[str, Any]] = deque()
        self.posted: list[int] = []
        self._changed = threading.Condition()
        self._waiting: defaultdict[int, deque[dict[str, Any]]] = defaultdict(deque)
        self._message_id = 1000
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake bot api", daemon=True)
        self._thread.start()
        self._started.wait(10)

    # -- for tests --------------------------------------------------------------------------

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self.log.close()

    def inject(self, update: dict[str, Any]) -> None:
        """Deliver an update as Telegram does: by the webhook until it answers 200, or by polling."""
        asyncio.run_coroutine_threadsafe(self._deliver(update), self._loop).result(5)

    def wait(self, ready: Callable[[], Any], seconds: float = 20) -> Any:
        """Wait until `ready()` of what was accepted is true; AssertionError when it never is."""
        end = time.monotonic() + seconds
        with self._changed:
            while not (found := ready()):
                if time.monotonic() > end:
                    calls = f"calls {dict(self.calls)}, posts {self.posted[-20:]}"
                    raise AssertionError(f"waited {seconds} s in vain; {calls}")
                self._changed.wait(0.05)
        return found

    def to(self, chat: int) -> list[dict[str, Any]]:
        """The messages accepted for a chat, in order."""
        return [message for message in self.accepted if message["chat_id"] == chat]

    def fail_next(self, status: int, description: str, **parameters: Any) -> None:
        """The next message is refused."""
        body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
        if parameters:
            body["parameters"] = parameters
        self.answers.append(lambda: web.json_response(body, status=status))

    # -- the server -------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._asked = asyncio.Event()
        self._posters: set[asyncio.Task[None]] = set()
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.session = aiohttp.ClientSession()
        self._started.set()
        await self._stop.wait()
        for task in self._posters:
            task.cancel()
        await self.session.close()
        await runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        given: dict[str, Any] = await request.json() if request.can_read_body else {}
        self.calls[method] += 1
        handler = getattr(self, f"_{method}", None)
        if handler is not None:
            answer: web.StreamResponse = await handler(given)
            return answer
        self._tell()
        return web.json_response({"ok": True, "result": True})

    async def _getMe(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        return web.json_response({"ok": True, "result": ME})

    async def _setWebhook(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self.webhook = (given["url"], given.get("secret_token", ""))
        self._asked.set()
        return web.json_response({"ok": True, "result": True})

    async def _getUpdates(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
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
        self._message_id += 1
        message = {**given, "message_id": self._message_id}
        self.log.write(json.dumps(message, ensure_ascii=False) + "\n")
        self.log.flush()
        os.fsync(self.log.fileno())
        self.accepted.append(message)
        if self.kill is not None:
            left, pid = self.kill
            self.kill = (left - 1, pid) if left > 1 else None
            if left == 1:
                os.kill(pid, signal.SIGKILL)
        self._tell()
        result = {
            "message_id": self._message_id, "date": int(time.time()), "text": given["text"],
            "chat": {"id": given["chat_id"], "type": "private"},
        }  # fmt: skip
        return web.json_response({"ok": True, "result": result})

    async def _editMessageText(self, given: dict[str, Any]) -> web.Response:  # noqa: N802
        self._check(given)
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

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # -- updates ----------------------------------------------------------------------------

    async def _deliver(self, update: dict[str, Any]) -> None:
        if self.webhook is None:
            self.queue.append(update)
            self._asked.set()
            return
        chat = _chat(update)
        self._waiting[chat].append(update)
        if len(self._waiting[chat]) == 1:
            task = asyncio.create_task(self._post_all(chat))
            self._posters.add(task)
            task.add_done_callback(self._posters.discard)

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


def _chat(update: dict[str, Any]) -> int:
    content = update.get("message") or update.get("edited_message") or update["callback_query"]["message"]
    number: int = content["chat"]["id"]
    return number
