"""Telegram's webhook as strangers, bad networks and Telegram itself would call it."""

import asyncio
import io
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.artisans import POTTER, Artisan, walk
from tests.fakes.bot_api import SECRET as HEADER
from tests.fakes.bot_api import BotApi
from tests.running import SECRET, Desk, telegram

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, BotApi]]:
    folder = tmp_path_factory.mktemp("webhook")
    api = BotApi(folder)
    desk = Desk(folder)
    desk.environment |= telegram(api.url, f"sqlite:///{folder}/desk.db", desk.url)
    try:
        desk.start()
        api.wait(lambda: api.webhook)
        yield desk, api
        assert desk.stop() == 0
        assert "unhandled" not in desk.log()
    finally:
        desk.close()
        api.close()


async def post(desk: Desk, body: Any, headers: dict[str, str] | list[tuple[str, str]], method: str = "POST") -> int:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.request(method, f"{desk.url}/telegram/webhook", data=body, headers=headers) as answer,
    ):
        return answer.status


def rows(desk: Desk, table: str) -> int:
    with sqlite3.connect(desk.folder / "desk.db") as db:
        count: int = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return count


UPDATE = (
    b'{"update_id": 5, "message": {"message_id": 1, "date": 1, "chat": {"id": 9, "type": "private"}, "text": "hello"}}'
)


def test_forged_secrets_are_refused(running: tuple[Desk, BotApi]) -> None:
    desk, _ = running
    before = rows(desk, "inbound")
    chance = random.Random(7)
    forged: list[list[tuple[str, str]]] = [
        [],
        [(HEADER, "")],
        [(HEADER, SECRET[:-1])],
        [(HEADER, SECRET + "x")],
        [(HEADER, SECRET.upper())],
        [(HEADER, SECRET), (HEADER, SECRET)],
        [(HEADER, SECRET), (HEADER, "x")],
        [("X-Telegram-Secret", SECRET)],
        [(HEADER, "é" * 10)],
        [("Authorization", f"Bearer {SECRET}")],
    ]
    for _ in range(200):
        letters = list(SECRET)
        letters[chance.randrange(len(letters))] = chance.choice("!#xyz~")
        forged.append([(HEADER, "".join(letters))])

    async def all_of_them() -> list[int]:
        return [await post(desk, UPDATE, [*JSON.items(), *headers]) for headers in forged]

    assert set(asyncio.run(all_of_them())) == {403}
    assert rows(desk, "inbound") == before


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"])
def test_other_methods(running: tuple[Desk, BotApi], method: str) -> None:
    desk, _ = running
    assert asyncio.run(post(desk, b"", {HEADER: SECRET}, method)) == 405


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_whatever_a_body_is_called_the_secret_makes_it_telegram_s(running: tuple[Desk, BotApi], kind: str) -> None:
    desk, _ = running
    assert asyncio.run(post(desk, UPDATE, {HEADER: SECRET, "Content-Type": kind})) == 200
    assert asyncio.run(post(desk, UPDATE, {"Content-Type": kind})) == 403


MALFORMED = [
    b"",
    b"{",
    b"[",
    b"nul",
    b"{'a':1}",
    b'{"update_id": NaN}',
    b'{"a":1}{"b":2}',
    b"[" * 200_000,
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"a": "\xff"}',
    b'{"update_id": 01}',
    b'"\\ud800"',
    b'{"a": ' + b"9" * 5000,
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:20]))
def test_malformed_bodies(running: tuple[Desk, BotApi], body: bytes) -> None:
    """What carries the secret is taken, or Telegram would send it again and again before what follows."""
    desk, _ = running
    before, noted = rows(desk, "inbound"), desk.unheard()
    assert asyncio.run(post(desk, body, {HEADER: SECRET, **JSON})) == 200
    assert rows(desk, "inbound") == before
    assert desk.unheard() == noted + 1


STRANGE: list[Any] = [
    [],
    1,
    "x",
    None,
    {},
    {"update_id": 1},
    {"update_id": "x", "message": {}},
    {"update_id": 1, "message": []},
    {"update_id": True, "message": {"chat": {"id": 1, "type": "private"}}},
    {"update_id": 1, "message": {"chat": None, "text": "x"}},
    {"update_id": 1, "message": {"chat": {"id": 2**63, "type": "private"}}},
    {"update_id": 1, "message": {"chat": {"id": "1", "type": "private"}}},
    {"update_id": 1, "message": {"chat": {"id": 1.5, "type": "private"}}},
    {"update_id": 10**30, "message": {"chat": {"id": 1, "type": "private"}, "text": "x"}},
    {"update_id": 2, "inline_query": {"id": "1"}},
    {"update_id": 3, "message": {"chat": {"id": 1}, "text": "x"}},
    {"update_id": 4, "callback_query": {"id": "1"}},
    {"update_id": 4, "callback_query": {"id": "1", "message": None, "from": None}},
    {"update_id": 5, "poll": {"id": "9"}},
    {"update_id": 6, "channel_post": {"chat": {"id": -100, "type": "channel"}, "text": "x"}},
]


@pytest.mark.parametrize("update", STRANGE, ids=lambda update: json.dumps(update)[:50])
def test_strange_shapes_are_ignored(running: tuple[Desk, BotApi], update: Any) -> None:
    desk, _ = running
    before = rows(desk, "inbound")
    assert asyncio.run(post(desk, json.dumps(update), {HEADER: SECRET, **JSON})) == 200
    assert rows(desk, "inbound") == before


def test_a_body_too_long(running: tuple[Desk, BotApi]) -> None:
    desk, _ = running

    async def chunks() -> Any:
        for _ in range(30):
            yield b" " * 100_000

    assert asyncio.run(post(desk, io.BytesIO(b" " * 2_000_000), {HEADER: SECRET, **JSON})) == 200
    assert asyncio.run(post(desk, chunks(), {HEADER: SECRET, **JSON})) == 200
    assert "reason=too_long" in desk.log()
    assert asyncio.run(post(desk, io.BytesIO(b" " * 2_000_000), JSON)) == 403


def test_a_group_is_left(running: tuple[Desk, BotApi]) -> None:
    desk, api = running
    update = {
        "update_id": 77,
        "message": {"message_id": 1, "chat": {"id": -5, "type": "group"}, "text": "/start"},
    }
    assert asyncio.run(post(desk, json.dumps(update), {HEADER: SECRET, **JSON})) == 200
    api.wait(lambda: api.calls["leaveChat"])


def content(kind: str) -> dict[str, Any]:
    media: dict[str, Any] = {
        "sticker": {"file_id": "x"},
        "voice": {"file_id": "x"},
        "photo": [{"file_id": "x"}],
        "contact": {"phone_number": "1"},
        "location": {"latitude": 1, "longitude": 2},
        "dice": {"value": 3},
        "poll": {"id": "1"},
        "video_note": {},
        "document": {},
        "story": {},
        "gift": {},
    }
    return {kind: media[kind]}


def test_anything_in_mid_walk_keeps_the_place(running: tuple[Desk, BotApi]) -> None:
    """Stickers, voices, forged and doubled presses between any two answers: the same result."""
    _, api = running
    artisan = Artisan(api, 2001)
    kinds = [
        "sticker",
        "voice",
        "photo",
        "contact",
        "location",
        "dice",
        "poll",
        "video_note",
        "document",
        "story",
        "gift",
    ]
    artisan.says("/start")
    artisan.hears()
    plan = ["language:ar", "menu:eligibility", *POTTER]
    for place, answer in enumerate(plan):
        artisan.sends(**content(kinds[place % len(kinds)]))
        artisan.hears()
        if ":" in answer:
            pressed = next(b for b in artisan.buttons if b.startswith(answer + ":"))
            artisan.presses_exactly(pressed)
            artisan.presses_exactly(pressed)  # twice: one effect, one kind reply
            artisan.hears()
            artisan.presses_exactly("work:employee:zz")  # of a form that is not
            artisan.presses_exactly("'; DROP TABLE contact; --")
        else:
            artisan.says(answer)
        artisan.hears()
    assert any("163" in text for text in artisan.texts[-4:])
    assert any(data.startswith("result:") for data in artisan.buttons)


def test_an_album_is_answered_once(running: tuple[Desk, BotApi]) -> None:
    _, api = running
    artisan = Artisan(api, 2002)
    artisan.says("/start")
    artisan.hears()
    for _ in range(10):
        artisan.sends(photo=[{"file_id": "x"}], media_group_id="album-1")
    artisan.says("1")
    artisan.hears(3)
    assert len(artisan.messages) == 3


def test_blocking_and_coming_back(running: tuple[Desk, BotApi]) -> None:
    desk, api = running
    artisan = Artisan(api, 2003)
    artisan.says("/start")
    artisan.hears()
    member = {"chat": {"id": 2003, "type": "private"}, "from": {"id": 2003}, "date": 1}
    update = {"update_id": 990, "my_chat_member": {**member, "new_chat_member": {"status": "kicked"}}}
    assert asyncio.run(post(desk, json.dumps(update), {HEADER: SECRET, **JSON})) == 200
    artisan.says("1")
    artisan.hears()
    with sqlite3.connect(desk.folder / "desk.db") as db:
        assert db.execute("SELECT count(*) FROM contact WHERE unreachable_at IS NOT NULL").fetchone()[0] == 0


@pytest.mark.parametrize("depth", [200, 260, 500, 1000, 1100])
def test_deep_json_is_no_bug(running: tuple[Desk, BotApi], depth: int) -> None:
    desk, _ = running
    deep = (
        '{"update_id": 9, "message": {"message_id": 1, "chat": {"id": 9, "type": "private"}, "x": '
        + "[" * depth
        + "]" * depth
        + "}}"
    )
    assert asyncio.run(post(desk, deep, {HEADER: SECRET, **JSON})) == 200


@pytest.mark.parametrize(
    "answer", ['{"ok":true,"result":true}', '{"ok":true}', "[]", '{"ok":true,"result":{}}', "<html>"]
)
def test_an_odd_answer_holds_nobody_up(running: tuple[Desk, BotApi], answer: str) -> None:
    """A 200 without an id is doubt: the reply is sent again once, and the next ones follow."""
    _, api = running
    artisan = Artisan(api, 2100 + len(answer))
    api.answers.append(lambda: web.Response(text=answer, content_type="application/json"))
    artisan.says("/start")
    artisan.hears()
    artisan.says("2")
    artisan.hears()
    assert "Bienvenue" in artisan.texts[-1]
    assert len(artisan.messages) == 2


def test_every_past_update_again_changes_nothing(running: tuple[Desk, BotApi]) -> None:
    desk, api = running
    artisan = Artisan(api, 2004)
    walk(artisan, "fr", POTTER)
    said, stored = len(artisan.messages), rows(desk, "inbound")
    again = [update for update in artisan.past for _ in range(3)]
    random.Random(3).shuffle(again)
    for update in again:
        artisan.again(update)
    artisan.says("merci")
    artisan.hears(said + 1)
    assert len(artisan.messages) == said + 1
    assert rows(desk, "inbound") == stored + 1
    assert artisan.buttons[0].startswith("result:")  # still at the result


def test_one_person_s_flood_leaves_the_others_served(running: tuple[Desk, BotApi]) -> None:
    _, api = running
    loud, calm = Artisan(api, 2201), Artisan(api, 2202)
    for number in range(60):
        loud.says("ﷺ" * 4000 if number % 3 else "1")
    calm.says("/start")
    began = time.monotonic()
    calm.hears()
    assert time.monotonic() - began < 3
