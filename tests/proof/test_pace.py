"""Promise 10: rates respected, replies first. A fake with Telegram's bucket; some calls answered 429."""

import random
import threading
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.artisans import Artisan
from tests.fakes.bot_api import BotApi
from tests.proof.crowd import Crowd
from tests.proof.figures import database_name, far, note
from tests.running import Desk, telegram

PEOPLE, RATE, RETRY = far(250, 5000, 5000), far(100, 300, 300), 1


class Bucket(BotApi):
    """Telegram's own pace: `rate` a second with a burst; too fast, or by chance, 429 and a wait for all."""

    def __init__(self, folder: Path, rate: int, chance: float) -> None:
        self.level, self.filled = float(rate), time.monotonic()
        self.closed_until, self.early, self.asked, self.refused = 0.0, 0, 0, 0
        self.allowed, self.chance, self.random = rate, chance, random.Random(1)
        super().__init__(folder)

    def refusal(self, recipient: Any) -> web.StreamResponse | None:
        now = time.monotonic()
        self.asked += 1
        if now < self.closed_until:
            self.early += now > self.closed_until - self.grace
            return self._no()
        self.level = min(self.allowed * 1.2, self.level + (now - self.filled) * self.allowed)
        self.filled = now
        self.level -= 1
        if self.level < 0 or self.random.random() < self.chance:
            self.closed_until = now + RETRY
            return self._no()
        return None

    grace = RETRY - 0.25  # what was on its way when the wait began is not early

    def _no(self) -> web.StreamResponse:
        self.refused += 1
        body = {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests",
            "parameters": {"retry_after": RETRY},
        }
        return web.json_response(body, status=429)


def test_rates_are_kept_and_replies_go_first(database_url: str, tmp_path: Path) -> None:
    api = Bucket(tmp_path, RATE, chance=1 / PEOPLE)
    crowd = Crowd(database_url, ("telegram",), PEOPLE)
    desk = Desk(tmp_path)
    desk.environment |= {
        **telegram(api.url, database_url, desk.url), "QUIET_HOURS": "", "TELEGRAM_RATE": str(RATE),
    }  # fmt: skip
    waits: list[float] = []
    over = threading.Event()

    def chats(number: int) -> None:
        person = Artisan(api, 5_000 + number)
        person.says("/start")
        person.hears(1)
        while not over.is_set():
            before, began = len(person.messages), time.monotonic()
            person.says("2")
            api.wait(lambda before=before: len(person.messages) > before, 30)  # type: ignore[misc]
            waits.append(time.monotonic() - began)
            over.wait(0.2)

    try:
        desk.start()
        api.wait(lambda: api.webhook)
        people = [threading.Thread(target=chats, args=(number,)) for number in range(3)]
        id = crowd.sends()
        for person in people:
            person.start()
        end = time.monotonic() + 200
        while crowd.state(id) != "closed":
            assert time.monotonic() < end, crowd.counts(id)
            time.sleep(0.1)
        over.set()
        for person in people:
            person.join(40)
    finally:
        desk.close()
        api.close()
        crowd.close()
    p95 = sorted(waits)[int(len(waits) * 0.95)]
    share = api.refused / api.asked
    note(10, database_name(database_url), f"{PEOPLE} at {RATE} a second: {api.early} calls before a wait was over, "
         f"{share:.2%} of calls 429 ({api.refused}), {len(waits)} replies beside it: p95 {p95 * 1000:.0f} ms")  # fmt: skip
    assert api.early == 0
    assert share <= (0.005 if PEOPLE >= 5000 else 0.2)
    assert p95 < 1 + RETRY  # a reply may meet the wait itself
