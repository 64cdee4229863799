"""A light Bot API that answers at once and tells who waits for a message."""

import asyncio
import itertools
from collections.abc import Callable

import orjson
from aiohttp import web

ME = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_desk_bot"}


class LightBotApi:
    """`on_message(chat)` is called for each message accepted."""

    def __init__(self, on_message: Callable[[int], None] = lambda chat: None) -> None:
        self.on_message = on_message
        self.webhook = asyncio.Event()
        self.numbers = itertools.count(1)

    async def start(self) -> str:
        """Listen; the base address."""
        server = web.Server(self._answer, access_log=None)
        self.runner = web.ServerRunner(server)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        await self.runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        method = request.path.rpartition("/")[2]
        result: object = True
        if method == "sendMessage":
            body = await request.read()
            json = request.content_type == "application/json"
            chat = orjson.loads(body)["chat_id"] if json else (await request.post())["chat_id"]
            self.on_message(int(str(chat)))
            chat_ = {"id": int(str(chat)), "type": "private"}
            result = {"message_id": next(self.numbers), "date": 1, "chat": chat_, "text": "x"}
        elif method == "getMe":
            result = ME
        elif method == "setWebhook":
            self.webhook.set()
        body = orjson.dumps({"ok": True, "result": result})
        return web.Response(body=body, content_type="application/json")
