"""What every answer of the site carries, how `/readyz` says why, and how the addresses of proxies and people are read."""

import asyncio
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy.exc import OperationalError
from twilio.request_validator import RequestValidator

from handlers.whatsapp.door import Fields, is_shifted, written
from models.outage import DatabaseUnavailable
from services.health import why_unavailable
from services.loop import surviving
from tests.fakes.twilio import ACCOUNT, SENDER, Twilio
from tests.fakes.twilio import TOKEN as AUTH
from tests.running import Desk, whatsapp

TOKEN = "only-for-tests-metrics"


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    twilio, made = Twilio(tmp_path), Desk(tmp_path)
    made.environment |= whatsapp(twilio.url, sqlite_url, f"{made.url}/hirfa")
    made.environment |= {"METRICS_TOKEN": TOKEN}
    made.start()
    yield made
    made.close()
    twilio.close()


def ask(desk: Desk, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    sent = urllib.request.Request(desk.url + path, headers={name.replace("_", "-"): v for name, v in headers.items()})
    try:
        with urllib.request.urlopen(sent, timeout=15) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read().decode()


def posted(url: str, body: bytes, head: dict[str, str]) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, head, method="POST"), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/nothing", "/static/desk.css", "/f/forged"])
def test_every_answer_carries_the_headers(desk: Desk, path: str) -> None:
    _, headers, _ = ask(desk, path)
    low = {name.lower(): value for name, value in headers.items()}
    assert low["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in low["content-security-policy"]
    assert low["x-frame-options"] == "DENY"
    assert "referrer-policy" in low
    assert "server" not in low


def test_metrics_are_for_who_knows_the_token(desk: Desk) -> None:
    assert ask(desk, "/metrics")[0] == 403
    assert ask(desk, "/metrics", Authorization="Bearer wrong")[0] == 403
    status, _, text = ask(desk, "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    for name in ("hirfa_held 0.0", "hirfa_last_beat_timestamp_seconds", "process_resident_memory_bytes"):
        assert f"\n{name}" in text


def test_a_path_before_ours_and_a_slash_behind_are_read(desk: Desk) -> None:
    assert ask(desk, "/hirfa/healthz")[0] == 200
    assert ask(desk, "/healthz/")[0] == 200
    assert ask(desk, "/hirfa//healthz")[0] == 404


def test_a_locked_database_is_not_ready_and_says_so(desk: Desk, sqlite_url: str) -> None:
    assert ask(desk, "/readyz")[:1] == (200,)
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        status, _, why = ask(desk, "/readyz")
        assert (status, "locked" in why) == (503, True)
    finally:
        holder.execute("ROLLBACK")
        holder.close()


@pytest.mark.parametrize(("pragma", "why"), [("max_page_count=1", "the disk is full"), ("query_only=1", "written")])
def test_the_reason_is_the_database_s_own(tmp_path: Path, pragma: str, why: str) -> None:
    full = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    full.execute("CREATE TABLE some (words TEXT)")
    full.execute(f"PRAGMA {pragma}")
    with pytest.raises(sqlite3.OperationalError) as raised:
        full.execute("INSERT INTO some VALUES (?)", ("x" * 100_000,))
    full.close()
    away = DatabaseUnavailable("OperationalError")
    away.__cause__ = OperationalError("INSERT", {}, raised.value)
    assert why in why_unavailable(away)


def test_the_same_outage_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        for _ in range(50):
            with surviving("a loop"):
                raise DatabaseUnavailable("x")

    asyncio.run(main())
    assert sum("was not answered" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("public", "path", "signed"),
    [
        ("https://desk.example.org", "/twilio/whatsapp", "https://desk.example.org/twilio/whatsapp"),
        ("https://Desk.Example.org", "/twilio/whatsapp", "https://desk.example.org/twilio/whatsapp"),
        ("https://desk.example.org/hirfa", "/twilio/whatsapp", "https://desk.example.org/hirfa/twilio/whatsapp"),
        ("https://desk.example.org/hirfa", "/hirfa/twilio/whatsapp", "https://desk.example.org/hirfa/twilio/whatsapp"),
        ("https://desk.example.org", "/twilio/whatsapp/", "https://desk.example.org/twilio/whatsapp/"),
    ],
)
def test_an_address_is_read_as_people_and_proxies_write_it(public: str, path: str, signed: str) -> None:
    assert signed in written(public, path)


def test_fields_whose_bounds_were_moved_are_refused(desk: Desk) -> None:
    """A signature counts no bounds: the words of a message must not become another's number."""
    given = {
        "AccountSid": ACCOUNT,
        "Body": "xFromwhatsapp:+212600000099",
        "From": "whatsapp:+212600000061",
        "MessageSid": "SM" + "0" * 32,
        "NumMedia": "0",
        "To": SENDER,
    }
    moved = {**given, "Body": "x", "From": "whatsapp:+212600000099", "Fromw": "hatsapp:+212600000061"}
    url = f"{desk.url}/hirfa/twilio/whatsapp"
    signature = RequestValidator(AUTH).compute_signature(url, given)
    assert RequestValidator(AUTH).compute_signature(url, moved) == signature  # the whole attack
    for fields, status in ((given, 200), (moved, 403)):
        head = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        assert posted(f"{desk.url}/twilio/whatsapp", urlencode(fields).encode(), head) == status


@pytest.mark.parametrize(
    ("fields", "shifted"),
    [
        ([("From", "whatsapp:+1"), ("FromCity", "x")], False),
        ([("From", "whatsapp:+1"), ("Fromx", "y")], True),
        ([("From", "whatsapp:+212600"), ("WaId", "212601")], True),
        ([("From", "whatsapp:+212600"), ("WaId", "212600")], False),
        ([("MessageSid", "SM1"), ("SmsSid", "SM2")], True),
    ],
)
def test_what_counts_as_moved(fields: list[tuple[str, str]], shifted: bool) -> None:
    assert is_shifted(Fields(fields)) is shifted


def test_a_status_whose_id_is_none_is_counted_and_the_next_is_heard(desk: Desk) -> None:
    """A NUL in an id would put it aside on PostgreSQL: its shape is looked at first."""
    path = "/twilio/status/00000000-0000-7000-8000-000000000000"
    for sid in ("SM\x00\x00", "SM" + "0" * 32):
        given = {"AccountSid": ACCOUNT, "MessageSid": sid, "MessageStatus": "delivered", "To": SENDER}
        signature = RequestValidator(AUTH).compute_signature(f"{desk.url}/hirfa{path}", given)
        head = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        assert posted(f"{desk.url}{path}", urlencode(given).encode(), head) == 200
    text = ask(desk, "/metrics", Authorization=f"Bearer {TOKEN}")[2]
    assert 'hirfa_unheard_total{channel="whatsapp",reason="unreadable"} 1.0' in text
