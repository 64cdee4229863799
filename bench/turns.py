"""Turn throughput: artisans walk eligibility at once by webhook, each waiting for her answer."""

import asyncio
import itertools
import time
from pathlib import Path
from statistics import quantiles

import aiohttp
import psutil

from bench.fake import LightBotApi
from tests.fakes.bot_api import SECRET as HEADER
from tests.running import SECRET, Desk, telegram

WALK = ("/start", "2", "1", "1", "35", "1", "1", "2", "potier", "1", "8", "j'en ai pas")
AT_ONCE = 32


class Load:
    """Closed loop: the next message of a person leaves when the last was answered."""

    def __init__(self, url: str) -> None:
        self.url = url + "/telegram/webhook"
        self.waiting: dict[int, asyncio.Future[None]] = {}
        self.updates = itertools.count(1)
        self.taken: list[float] = []

    def answered(self, chat: int) -> None:
        future = self.waiting.pop(chat, None)
        if future is not None:
            future.set_result(None)

    async def person(self, session: aiohttp.ClientSession, chat: int) -> None:
        """One walk from hello to the result."""
        for words in WALK:
            number = next(self.updates)
            message = {"message_id": number, "date": 1, "text": words, "chat": {"id": chat, "type": "private"}}
            self.waiting[chat] = asyncio.get_running_loop().create_future()
            began = time.perf_counter()
            update = {"update_id": number, "message": message}
            async with session.post(self.url, json=update, headers={HEADER: SECRET}) as answer:
                assert answer.status == 200
            async with asyncio.timeout(20):
                await self.waiting.get(chat, _done())
            self.taken.append(time.perf_counter() - began)

    async def run(self, people: int, first: int) -> float:
        """Seconds for everybody."""
        chats = iter(range(first, first + people))
        began = time.perf_counter()
        async with aiohttp.ClientSession() as session:

            async def one_after_another() -> None:
                for chat in chats:
                    await self.person(session, chat)

            await asyncio.gather(*(one_after_another() for _ in range(AT_ONCE)))
        return time.perf_counter() - began


def _done() -> "asyncio.Future[None]":
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return future


async def measure(folder: Path, database_url: str, people: int) -> dict[str, float]:
    """Start, rest, then the walk: the figures."""
    desk = Desk(folder)
    load = Load(desk.url)
    api = LightBotApi(load.answered)
    desk.environment |= telegram(await api.start(), database_url, desk.url)
    await asyncio.to_thread(desk.start)
    started = desk.started_in
    try:
        await api.webhook.wait()
        await asyncio.sleep(1)
        process = psutil.Process(desk.pid)
        rest = process.memory_info().rss / 2**20
        await load.run(AT_ONCE, 1)
        load.taken.clear()
        before = process.cpu_times()
        seconds = await load.run(people, 1000)
        after = process.cpu_times()
        answers = people * len(WALK)
        cpu = after.user + after.system - before.user - before.system
        cuts = quantiles(load.taken, n=100)
        return {
            "start to ready, s": started,
            "memory at rest, MB": rest,
            "messages a second": answers / seconds,
            "p50 ms": cuts[49] * 1000,
            "p95 ms": cuts[94] * 1000,
            "p99 ms": cuts[98] * 1000,
            "CPU s per 1,000": cpu / answers * 1000,
            "memory after, MB": process.memory_info().rss / 2**20,
        }
    finally:
        await asyncio.to_thread(desk.close)
        await api.stop()
