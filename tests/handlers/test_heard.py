"""One message that cannot be read holds up nobody, by polling, webhook or the sweep; it is counted and said.

A webhook that somebody else took or set is noticed, set again, and the admins are told.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy.orm import Session
from typing_extensions import override

import tests.artisans
from handlers.body import mended_json, mended_text
from handlers.telegram.door import TelegramDoor
from handlers.telegram.transport import AiohttpRequest
from models.delivery import Delivery
from models.trouble import Trouble
from services.people.status import tell_troubles
from services.runner import Runner
from services.unheard import Unheard
from tests.artisans import Artisan, WhatsAppArtisan
from tests.counters import boss, counter
from tests.fakes.bot_api import SECRET as HEADER
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import ACCOUNT, SENDER, Twilio
from tests.fakes.twilio import TOKEN as AUTH
from tests.running import SECRET, Desk, telegram, whatsapp

COUNT = int(os.environ.get("UPDATES", "300"))  # 5000 for the figures
WRECK = "@@WRECK@@"


class Damaging(BotApi):
    """Telegram whose answers hold what `damage` makes of each marked place."""

    damage = b"\xbb\xff"

    @override
    async def _getUpdates(self, given: dict[str, Any]) -> web.Response:
        answer = await super()._getUpdates(given)
        assert isinstance(answer.body, bytes)
        raw = answer.body.replace(WRECK.encode(), self.damage)
        return web.Response(body=raw, content_type="application/json", status=answer.status)


class Cutting(Damaging):
    """What is marked ends the text of a string, so that no answer with it is JSON."""

    damage = b'"'


def press(number: int, data: str) -> dict[str, Any]:
    return {
        "update_id": number,
        "callback_query": {
            "id": str(number),
            "from": {"id": 666, "is_bot": False, "first_name": "x"},
            "data": data,
            "message": {"message_id": 1, "date": 1, "text": "x", "chat": {"id": 666, "type": "private"}},
        },
    }


def counted(desk: Desk) -> dict[str, int]:
    """What was not heard, by reason."""
    with urllib.request.urlopen(desk.url + "/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.findall(r'hirfa_unheard_total\{channel="(\w+)",reason="(\w+)"\} (\d+)', text)
    return {f"{channel}.{reason}": int(count) for channel, reason, count in found}


def numbered(start: int) -> None:
    """Telegram's numbers go up: what comes next has a higher one."""
    tests.artisans._updates = itertools.count(start)


@pytest.mark.parametrize(("kind", "reason"), [(Damaging, "mended"), (Cutting, "unreadable")])
def test_by_polling_what_cannot_be_read_holds_up_nobody(tmp_path: Path, kind: type[BotApi], reason: str) -> None:
    api = kind(tmp_path)
    desk = Desk(tmp_path, **telegram(api.url, f"sqlite:///{tmp_path}/desk.db"))
    try:
        desk.start()
        one, other = Artisan(api, 1001), Artisan(api, 1002)
        numbered(700_000_000)
        one.says("/start")
        one.hears()
        api.inject(press(900_000_000, WRECK))
        numbered(900_000_001)
        for person in (one, other):
            person.says("/start")
        one.hears(2)
        other.hears()
        assert counted(desk)[f"telegram.{reason}"] >= 1
        assert f"reason={reason}" in desk.log()
        numbered(950_000_000)
        other.says("/start")
        other.hears(2)
    finally:
        desk.close()
        api.close()


def test_a_signed_message_whose_letters_are_damaged_is_heard(tmp_path: Path) -> None:
    twilio = Twilio(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= whatsapp(twilio.url, f"sqlite:///{tmp_path}/desk.db", desk.url)
    url = f"{desk.url}/twilio/whatsapp"
    twilio.webhook = url
    plain = {"AccountSid": ACCOUNT, "From": "whatsapp:+212600000077", "To": SENDER, "MessageSid": "SM" + "9" * 32}

    def signature(pairs: dict[bytes, bytes]) -> str:
        signed = url.encode() + b"".join(name + pairs[name] for name in sorted(pairs))
        return base64.b64encode(hmac.digest(AUTH.encode(), signed, hashlib.sha1)).decode()

    async def posts(body: str, signed: str) -> int:
        head = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
        async with aiohttp.ClientSession() as session, session.post(url, data=body.encode(), headers=head) as answer:
            return answer.status

    try:
        desk.start()
        words = b"salam \xff\xbb"
        pairs = {name.encode(): value.encode() for name, value in plain.items()} | {b"Body": words}
        body = f"{urlencode(plain)}&Body={quote_from_bytes(words)}"
        assert asyncio.run(posts(body, signature({**pairs, b"Body": b"other"}))) == 403
        assert asyncio.run(posts(body, signature(pairs))) == 200
        twilio.wait(lambda: [each for each in twilio.accepted if each["To"] == plain["From"]])
        assert counted(desk) == {"whatsapp.mended": 1, "whatsapp.signature": 1}
        assert "TWILIO_AUTH_TOKEN" in desk.log()  # what to look at, when every message is refused
    finally:
        desk.close()
        twilio.close()


# -- the webhook ------------------------------------------------------------------------------------------------


def test_a_webhook_somebody_took_is_set_again_and_told(tmp_path: Path, sqlite_url: str) -> None:
    api = BotApi(tmp_path)
    try:
        with counter(sqlite_url) as made:
            boss(made)
            ours = ("http://127.0.0.1:9", SECRET)

            async def main() -> None:
                runner = Runner(made.engine, made.engine)
                async with aiohttp.ClientSession() as session:
                    transport = AiohttpRequest(session)
                    bot = _bot(api.url, transport)
                    door = TelegramDoor(bot, transport, runner, made.desk, lambda contact: None, {}, Unheard())
                    watching = asyncio.create_task(door.watch(ours, every=0.02))
                    async with asyncio.timeout(20):
                        for taken in (None, ("http://127.0.0.1:9/elsewhere", "x" * 10), None):
                            api.webhook = taken
                            while api.webhook is None or not api.webhook[0].endswith("/telegram/webhook"):
                                await asyncio.sleep(0.01)
                        sets = api.calls["setWebhook"]
                        looks = api.calls["getWebhookInfo"]
                        while api.calls["getWebhookInfo"] < looks + 3:
                            await asyncio.sleep(0.01)
                    watching.cancel()
                    await asyncio.gather(watching, return_exceptions=True)
                    assert api.calls["setWebhook"] == sets == 3  # what is ours is left alone
                runner._jobs.put(None)
                await asyncio.to_thread(runner._thread.join, 5)

            asyncio.run(main())
            with Session(made.engine) as db:
                assert db.get_one(Trouble, ("webhook", "telegram")).count == 3
                assert len(tell_troubles(db, made.desk)) == 1
                assert tell_troubles(db, made.desk) == []  # an hour later again, not each time
                assert db.query(Delivery).filter(Delivery.about == "staff").count() == 1
                db.commit()
    finally:
        api.close()


def _bot(url: str, transport: AiohttpRequest) -> Any:
    from telegram import Bot

    return Bot("42:x", base_url=f"{url}/bot", request=transport, get_updates_request=transport)


def test_by_polling_a_webhook_somebody_set_is_taken_off(tmp_path: Path) -> None:
    api = BotApi(tmp_path)
    desk = Desk(tmp_path, **telegram(api.url, f"sqlite:///{tmp_path}/desk.db"))
    try:
        desk.start()
        numbered(700_000_000)
        one = Artisan(api, 1001)
        one.says("/start")
        one.hears()
        api.webhook = ("http://127.0.0.1:9/nowhere", "x" * 10)
        api.wait(lambda: api.webhook is None)
        one.says("/start")
        one.hears(2)
        assert "somebody set a webhook" in desk.log()
    finally:
        desk.close()
        api.close()


# -- many broken ones -------------------------------------------------------------------------------------------

SPOILERS: list[Any] = [
    "\ud83d", "\x00", "\u202e" * 5, "x" * 5000, None, [], {}, -1, 2**70, 1.5, True, "", "{", [[[[]]]], {"id": {}},
]  # fmt: skip


def kinds(number: int, chat: int) -> list[dict[str, Any]]:
    """An update of every kind, whole."""
    where = {"id": chat, "type": "private"}
    me = {"id": chat, "is_bot": False, "first_name": "x"}
    message = {"message_id": number, "date": 1, "chat": where, "from": me}
    return [
        {"update_id": number, "message": {**message, "text": "salam"}},
        {"update_id": number, "message": {**message, "caption": "x", "photo": [{"file_id": "a", "width": 1}]}},
        {"update_id": number, "message": {**message, "location": {"latitude": 28.9, "longitude": -10.0}}},
        {"update_id": number, "message": {**message, "contact": {"phone_number": "0612345678", "user_id": chat}}},
        {"update_id": number, "message": {**message, "voice": {"file_id": "v", "duration": 1}}},
        {"update_id": number, "edited_message": {**message, "text": "x"}},
        {"update_id": number, "callback_query": {"id": "1", "from": me, "data": "a:b:c", "message": message}},
        {"update_id": number, "my_chat_member": {"chat": where, "from": me, "new_chat_member": {"status": "kicked"}}},
        {"update_id": number, "inline_query": {"id": "1", "query": "x"}},
        {"update_id": number, "message": {**message, "text": "x", "reply_to_message": message}},
    ]


def spoiled(chance: random.Random, update: dict[str, Any]) -> dict[str, Any]:
    """The same, one part of it replaced by something that does not belong there."""
    copy: dict[str, Any] = json.loads(json.dumps(update))
    at: Any = copy
    while True:
        keys = [key for key in at if key != "update_id"] if isinstance(at, dict) else range(len(at))
        if not keys:
            return copy
        key = chance.choice(list(keys))
        if isinstance(at[key], dict | list) and at[key] and chance.random() < 0.7:
            at = at[key]
            continue
        at[key] = chance.choice(SPOILERS)
        return copy


def raw(chance: random.Random, update: dict[str, Any]) -> bytes:
    """A spoiled update as bytes, some of them with bytes that do not belong there."""
    text = json.dumps(spoiled(chance, update)).encode()
    if chance.random() < 0.3:
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice([b"\xff", b"\xc3", b'"', b"\\ud800", b"", b"]"]) + text[place + 1 :]
    return text


class Mixing(BotApi):
    """Telegram among whose updates stand the spoiled ones, as bytes."""

    def __init__(self, folder: Path) -> None:
        self.raw: dict[int, bytes] = {}
        super().__init__(folder)

    @override
    async def _getUpdates(self, given: dict[str, Any]) -> web.Response:
        answer = await super()._getUpdates(given)
        if answer.status != 200:
            return answer
        found = json.loads(answer.body)["result"]  # type: ignore[arg-type]
        parts = [self.raw.get(each["update_id"], json.dumps(each).encode()) for each in found]
        body = b'{"ok": true, "result": [' + b", ".join(parts) + b"]}"
        return web.Response(body=body, content_type="application/json")


def broken(count: int, start: int) -> Iterator[tuple[int, bytes]]:
    chance = random.Random(20261128)
    for number in range(start, start + 2 * count, 2):
        yield number, raw(chance, chance.choice(kinds(number, 5000 + number % 40)))


def test_by_polling_many_broken_updates_hold_up_nobody(tmp_path: Path) -> None:
    api = Mixing(tmp_path)
    desk = Desk(tmp_path, **telegram(api.url, f"sqlite:///{tmp_path}/desk.db"))
    try:
        desk.start()
        start, person = 700_000_000, Artisan(api, 1001)
        for place, (number, text) in enumerate(broken(COUNT, start), 1):
            api.raw[number] = text
            api.inject({"update_id": number, "message": {"chat": {"id": 1, "type": "private"}}})
            if place % 50 == 0:
                api.inject(_hello(number + 1, person))
                person.sent += 1
        numbered(start + 3 * COUNT)
        person.says("/start")
        person.hears()
        assert not api.queue or api.queue[0]["update_id"] >= start + 2 * COUNT
        assert "unhandled" not in desk.log()
        assert "Traceback" not in desk.log()
    finally:
        desk.close()
        api.close()


def _hello(number: int, person: Artisan) -> dict[str, Any]:
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1,
            "chat": {"id": person.chat, "type": "private"},
            "from": {"id": person.chat, "is_bot": False, "first_name": "x"},
            "text": "/start",
        },
    }


def test_by_webhook_many_broken_updates_hold_up_nobody(tmp_path: Path) -> None:
    api = BotApi(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= telegram(api.url, f"sqlite:///{tmp_path}/desk.db", desk.url)
    try:
        desk.start()
        api.wait(lambda: api.webhook)
        person = Artisan(api, 1001)

        async def all_of_them() -> set[int]:
            found = set()
            headers = {HEADER: SECRET, "Content-Type": "application/json"}
            async with aiohttp.ClientSession() as session:
                for _, text in broken(COUNT, 700_000_000):
                    async with session.post(f"{desk.url}/telegram/webhook", data=text, headers=headers) as answer:
                        found.add(answer.status)
            return found

        assert asyncio.run(all_of_them()) == {200}
        numbered(700_000_000 + 3 * COUNT)
        person.says("/start")
        person.hears()
        assert "Traceback" not in desk.log()
    finally:
        desk.close()
        api.close()


def test_one_message_of_twilio_s_list_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    twilio = Twilio(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= whatsapp(twilio.url, f"sqlite:///{tmp_path}/desk.db", desk.url)
    try:
        desk.start()
        first = WhatsAppArtisan(twilio, "+212600000001")
        twilio.webhook = f"{desk.url}/twilio/whatsapp"
        first.says("salam")
        twilio.wait(lambda: first.words)
        assert desk.stop() == 0
        lost = [("whatsapp:+212600000002", "salam \ud83d"), ("whatsapp:+212600000003", "salam")]
        for number, (address, words) in enumerate(lost):
            sid = f"SM{number:032x}".replace("SM0", "SMf", 1)  # none that the fake gives
            twilio.inject({"MessageSid": sid, "From": address, "To": SENDER, "Body": words}, posted=False)
            twilio.inbound[-1]["at"] -= timedelta(minutes=3)  # not on its way any more
        desk.start()
        for address, _ in lost:
            twilio.wait(partial(answered, twilio, address))
    finally:
        desk.close()
        twilio.close()


def answered(twilio: Twilio, address: str) -> bool:
    return any(each["To"] == address for each in twilio.accepted)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'"\\ud83d x"', "\ufffd x"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'["\xd8\xa7\xd8"]', ["\u0627\ufffd"]),
        (b"[1, null, true]", [1, None, True]),
    ],
)
def test_damaged_letters_are_replaced_and_the_rest_kept(raw: bytes, value: Any) -> None:
    assert mended_json(raw) == value


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"])
def test_what_is_no_json_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):
        mended_json(raw)


def test_halves_of_signs_are_replaced() -> None:
    assert mended_text("a\ud83db") == "a\ufffdb"
    assert mended_text("سلام 😀") == "سلام 😀"
