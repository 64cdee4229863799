"""Promise 26: whatever makes the desk deaf is mended or told within five minutes: in `doctor`, `/status`, the metrics,
one log line, one alert, and the address of ALERT_URL.
"""

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typing_extensions import override

from tests.artisans import Artisan, WhatsAppArtisan
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.proof.figures import LEVEL, note
from tests.proof.installation import bot
from tests.running import KEY, Desk, telegram, whatsapp
from tests.whole import INVITE

WITHIN = 300  # seconds
ADMIN = 5001


class Api(BotApi):
    """Telegram that can refuse the token, or have another program at the updates."""

    refuses: tuple[int, str] | None = None

    @override
    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if self.refuses is not None and (method == "getUpdates" or self.refuses[0] == 401):
            self.calls[method] += 1
            status, said = self.refuses
            return web.json_response({"ok": False, "error_code": status, "description": said}, status=status)
        return await super()._call(request)


class Alerts:
    """What was posted to ALERT_URL."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        kept = self.posted

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            @override
            def log_message(self, *args: Any) -> None:
                """Nothing is said."""

        self.server = HTTPServer(("127.0.0.1", 0), Takes)
        self.url = f"http://127.0.0.1:{self.server.server_port}/alert"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Deaf:
    """A running desk on both channels, an admin of it, and what it posts when something is wrong."""

    folder: Path
    api: Api
    twilio: Twilio
    desk: Desk
    alerts: Alerts
    settings: dict[str, str] = field(default_factory=dict)

    def start(self, mode: str, **settings: str) -> None:
        url = f"sqlite:///{self.folder}/desk.db"
        self.settings = {
            **telegram(self.api.url, url, self.desk.url if mode == "webhook" else None),
            **whatsapp(self.twilio.url, url, self.desk.url),
            "ADMIN_INVITE": INVITE,
            "ALERT_URL": self.alerts.url,
            "QUIET_HOURS": "",
            **settings,
        }
        self.desk.environment |= self.settings
        self.twilio.webhook = f"{self.desk.url}/twilio/whatsapp"
        self.desk.start()
        if mode == "webhook":
            self.api.wait(lambda: self.api.webhook)
        self.admin = Artisan(self.api, ADMIN)
        for said in (f"/start j-{INVITE}", "2"):
            self.admin.says(said)
            self.admin.hears()

    def metrics(self) -> str:
        with urllib.request.urlopen(f"{self.desk.url}/metrics", timeout=10) as answer:
            return str(answer.read().decode())

    def is_troubled(self, kind: str) -> bool:
        return re.search(rf'hirfa_trouble{{channel="[a-z]*",kind="{kind}"}} 1\.0', self.metrics()) is not None


def until(ready: Callable[[], Any], seconds: float = WITHIN) -> float:
    """How long it took."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < seconds, "never"
        time.sleep(0.2)
    return time.monotonic() - began


@pytest.fixture
def deaf(tmp_path: Path) -> Iterator[Deaf]:
    made = Deaf(tmp_path, Api(tmp_path), Twilio(tmp_path), Desk(tmp_path), Alerts())
    yield made
    made.desk.close()
    made.api.close()
    made.twilio.close()
    made.alerts.close()


def plain(text: str) -> str:
    """Without the signs that only steer how it is drawn."""
    return re.sub(r"[\u2066-\u2069]", "", text).replace("\u00a0", " ").replace("\u202f", " ")


def checked(deaf: Deaf, case: str, kind: str, took: float, line: str, in_chat: bool = True) -> None:
    """Said everywhere it must be, once."""
    until(lambda: any(each["kind"] == kind for each in deaf.alerts.posted))
    if in_chat:
        words = {plain(each["text"]) for each in deaf.alerts.posted if each["kind"] == kind}
        deaf.api.wait(lambda: any(plain(each["text"].partition("\n")[0]) in words for each in deaf.api.to(ADMIN)), 30)
    assert deaf.is_troubled(kind)
    doctor = bot(deaf.folder, "doctor", "--lang", "fr", **deaf.desk.environment)
    said = next(each["text"] for each in deaf.alerts.posted if each["kind"] == kind)
    assert re.sub(r"\d+|[\u2066-\u2069]", "", said)[:40] in re.sub(r"\d+|[\u2066-\u2069]", "", doctor.stdout), (
        doctor.stdout
    )
    assert doctor.returncode == 1
    if in_chat:
        before = len(deaf.admin.messages)
        deaf.admin.says("/status")
        deaf.api.wait(lambda: len(deaf.admin.messages) > before, 60)
        assert any("État du service" in each["text"] for each in deaf.admin.messages[before:])
    time.sleep(2)
    lines = [each for each in deaf.desk.log().splitlines() if line in each]
    assert 1 <= len(lines) <= 1 + int(took // 55) + 2, lines  # one a minute
    assert sum(1 for each in deaf.alerts.posted if each["kind"] == kind) == 1
    note(26, case, f"told after {took:.0f} s: one alert, metrics, doctor, {len(lines)} log line")


def test_another_poller(deaf: Deaf) -> None:
    deaf.start("polling")
    deaf.api.refuses = (409, "Conflict: terminated by other getUpdates request; make sure that only one bot runs")
    took = until(lambda: deaf.is_troubled("poller"))
    checked_without_chat(deaf, "second poller", "poller", took, "polling")
    deaf.api.refuses = None
    person = Artisan(deaf.api, 6001)
    person.says("/start")
    deaf.api.wait(lambda: person.messages, 60)


def checked_without_chat(deaf: Deaf, case: str, kind: str, took: float, line: str) -> None:
    """Telegram hears nothing of us now: the alert's address, the metrics and the doctor do."""
    checked(deaf, case, kind, took, line, in_chat=False)


def test_a_refused_token(deaf: Deaf) -> None:
    deaf.start("polling")
    deaf.api.refuses = (401, "Unauthorized")
    took = until(lambda: deaf.is_troubled("token"))
    checked_without_chat(deaf, "token refused", "token", took, "polling")
    person = WhatsAppArtisan(deaf.twilio, "+212600000061")
    person.says("salam")  # the other door is open, and nobody takes the desk away
    deaf.twilio.wait(lambda: person.messages, 30)
    with urllib.request.urlopen(f"{deaf.desk.url}/readyz", timeout=10) as answer:
        assert answer.status == 200


def test_a_wrong_signature(deaf: Deaf) -> None:
    deaf.start("polling", TWILIO_AUTH_TOKEN="only-for-tests-auth-token")
    deaf.twilio.validator.token = b"another"
    person = WhatsAppArtisan(deaf.twilio, "+212600000061")
    for _ in range(5):
        person.says("salam")
    took = until(lambda: deaf.is_troubled("signature"))
    checked(deaf, "wrong signature", "signature", took, "refused at the door")
    if LEVEL:  # what no webhook brought is fetched from the list
        waited = until(lambda: person.messages)
        note(26, "wrong signature, answered by the sweep", f"deaf for {waited + took:.0f} s")


def test_an_unreadable_unit(deaf: Deaf) -> None:
    """A unit nobody can read, in the webhook of each channel: the next one is served at once."""
    deaf.start("webhook")
    head = {"X-Telegram-Bot-Api-Secret-Token": deaf.settings["TELEGRAM_WEBHOOK_SECRET"]}
    sent = urllib.request.Request(f"{deaf.desk.url}/telegram/webhook", b"{\xff not json", head, method="POST")
    with urllib.request.urlopen(sent, timeout=10) as answer:
        assert answer.status == 200
    person = Artisan(deaf.api, 6001)
    began = time.monotonic()
    person.says("/start")
    deaf.api.wait(lambda: person.messages)
    served = time.monotonic() - began
    took = until(lambda: deaf.is_troubled("unread"))
    checked(deaf, "an unreadable unit", "unread", took, "not heard")
    kept = bot(deaf.folder, "dead", "list", **deaf.desk.environment)
    assert "1 units put aside" in kept.stdout
    assert "not json" not in kept.stdout
    again = bot(deaf.folder, "dead", "again", **deaf.desk.environment)
    assert again.returncode == 1  # it is still no message
    note(26, "the one behind an unreadable unit", f"served in {served:.2f} s")


if LEVEL:  # two looks of a minute each; tests/handlers/test_heard.py tries the same quicker in the suite

    @pytest.mark.parametrize(
        "taken", [None, ("http://127.0.0.1:9/elsewhere", "x" * 10)], ids=["deleted", "set by another"]
    )
    def test_a_webhook_that_is_taken(deaf: Deaf, taken: tuple[str, str] | None) -> None:
        deaf.start("webhook")
        longest = 0.0
        for _ in range(2):
            deaf.api.webhook = taken
            longest = max(longest, until(lambda: deaf.api.webhook and deaf.api.webhook[0].startswith(deaf.desk.url)))
        took = until(lambda: any(each["kind"] == "webhook" for each in deaf.alerts.posted))
        case = "webhook deleted" if taken is None else "webhook set by another"
        checked(deaf, case, "webhook", took + longest, "set again")
        note(26, f"{case}, until it was ours again", f"deaf for {longest:.0f} s")


def test_a_token_is_rotated_without_a_gap(deaf: Deaf) -> None:
    """Twilio signs with the old one until the new is promoted; the desk was started with the new one first."""
    deaf.twilio.accepts_tokens = ("the-new-secondary-token",)
    deaf.start(
        "polling", TWILIO_AUTH_TOKEN="the-new-secondary-token", TWILIO_AUTH_TOKEN_OLD="only-for-tests-auth-token"
    )
    person = WhatsAppArtisan(deaf.twilio, "+212600000061")
    person.says("salam")
    deaf.twilio.wait(lambda: person.messages, 20)
    deaf.twilio.validator.token = b"the-new-secondary-token"
    person.says("2")
    deaf.twilio.wait(lambda: len(person.messages) > 1, 20)
    assert set(deaf.twilio.posted) == {200}
    assert KEY
