"""Promise 10: rates respected, replies first. Fakes with the providers' own buckets; some calls answered 429."""

import threading
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.artisans import Artisan
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.proof.figures import database_name, far, note
from tests.proof.scene import BOTH, Scene

PEOPLE, RATE, RETRY = far(300, 5000, 10_000), far(100, 200, 200), 1
REFUSALS = 1  # calls a channel is answered 429 though it keeps its pace
SHARE = 0.005  # of calls, at most, that a provider refuses as too fast


class Bucket:
    """A provider's own pace: `rate` a second with a burst; too fast, or at some calls, 429 and a wait for all."""

    def pace(self, rate: int, people: int) -> None:
        self.level, self.filled = float(rate), time.monotonic()
        self.closed_until, self.early, self.asked, self.refused, self.too_fast_by_us = 0.0, 0, 0, 0, 0
        self.allowed = rate
        self.at = {people * place // (REFUSALS + 1) for place in range(1, REFUSALS + 1)}
        self.waits: list[tuple[float, float]] = []

    def refusal(self, recipient: Any) -> web.StreamResponse | None:
        now = time.monotonic()
        self.asked += 1
        if now < self.closed_until:
            self.early += now > self.closed_until - self.grace
            return self._no()
        self.level = min(self.allowed * 1.2, self.level + (now - self.filled) * self.allowed)
        self.filled = now
        self.level -= 1
        self.too_fast_by_us += self.level < 0
        if self.level < 0 or self.asked in self.at:
            self.closed_until = now + RETRY
            self.waits.append((now, self.closed_until))
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
            "code": 20429,
            "message": "Too Many Requests",
            "status": 429,
        }
        return web.json_response(body, status=429)


class PacedBotApi(Bucket, BotApi):
    """Telegram, which tells how long to wait."""


class PacedTwilio(Bucket, Twilio):
    """Twilio, which does not."""


def test_rates_are_kept_and_replies_go_first(database_url: str, tmp_path: Path) -> None:
    bot_api, twilio = PacedBotApi.__new__(PacedBotApi), PacedTwilio.__new__(PacedTwilio)
    for fake in (bot_api, twilio):
        fake.pace(RATE, PEOPLE // 2)
        fake.__init__(tmp_path)  # type: ignore[misc]
    rates = {"TELEGRAM_RATE": str(RATE), "WHATSAPP_RATE": str(RATE)}
    made = Scene(tmp_path, database_url, BOTH, PEOPLE, bot_api, twilio, **rates)
    replies: list[tuple[float, float]] = []
    over = threading.Event()

    def chats(number: int) -> None:
        person = Artisan(bot_api, 5_000 + number)
        person.says("/start")
        person.hears(1)
        while not over.is_set():
            before, began = len(person.messages), time.monotonic()
            person.says("2")
            bot_api.wait(lambda before=before: len(person.messages) > before, 30)  # type: ignore[misc]
            replies.append((began, time.monotonic()))
            over.wait(0.2)

    try:
        made.desk.start()
        bot_api.wait(lambda: bot_api.webhook)
        people = [threading.Thread(target=chats, args=(number,)) for number in range(3)]
        id = made.crowd.sends()
        for person in people:
            person.start()
        made.closed(id, 200)
        over.set()
        for person in people:
            person.join(40)
    finally:
        made.close()
    waits = [(since, until) for since, until in bot_api.waits]
    met = [each for each in replies if any(each[0] < until and each[1] > since for since, until in waits)]
    p95 = sorted(until - since for since, until in replies if (since, until) not in met)[-len(replies) // 20]
    early, asked, refused = (
        sum(getattr(fake, name) for fake in (bot_api, twilio)) for name in ("early", "asked", "refused")
    )
    note(
        10,
        f"{database_name(database_url)}, both channels",
        f"{PEOPLE} at {RATE} a second and channel: {early} calls before a wait was over, {refused / asked:.2%} of calls "
        f"429 ({refused}, {REFUSALS * 2} of them by our wish), {len(replies)} replies beside it: p95 {p95 * 1000:.0f} ms "
        f"({len(met)} more met a wait of {RETRY} s)",
    )
    assert early == 0
    assert refused >= REFUSALS * 2  # they did happen
    assert bot_api.too_fast_by_us + twilio.too_fast_by_us == 0
    assert refused / asked <= (SHARE if PEOPLE >= 5000 else 0.2)
    assert p95 < 1
    assert all(until - since < RETRY + 2 for since, until in met)
    assert made.broken_rules == []
