"""What the aiohttp request class gains under `telegram.Bot`, beside the stock httpx one."""

import asyncio
import time

import aiohttp
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from bench.fake import LightBotApi
from handlers.telegram.transport import AiohttpRequest

CALLS = 1500


async def rate(request: BaseRequest, base: str, in_flight: int) -> tuple[float, float]:
    """(calls a second, CPU seconds a thousand calls) of `send_message`."""
    bot = Bot("42:bench", base_url=base + "/bot", request=request, get_updates_request=request)
    await request.initialize()
    chats = iter(range(1, CALLS + 1))

    async def one_after_another() -> None:
        for chat in chats:
            await bot.send_message(chat, "a question of an ordinary length, with its answers below it")

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return CALLS / (time.perf_counter() - began), (time.process_time() - cpu) / CALLS * 1000


async def measure(in_flight: int) -> dict[str, tuple[float, float]]:
    """Both request classes against the same fake, in this process (its cost is in both figures)."""
    api = LightBotApi()
    base = await api.start()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:
        stock = HTTPXRequest(connection_pool_size=256)
        found = {
            "httpx (stock)": await rate(stock, base, in_flight),
            "aiohttp (ours)": await rate(AiohttpRequest(session), base, in_flight),
        }
        await stock.shutdown()
    await api.stop()
    return found
