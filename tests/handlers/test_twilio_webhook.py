"""Twilio's webhooks as strangers, bad networks and Twilio itself would call them."""

import asyncio
import random
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from twilio.request_validator import RequestValidator

from tests.artisans import WhatsAppArtisan
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, Twilio
from tests.running import Desk, whatsapp

FORM = "application/x-www-form-urlencoded"
STATUS = "/twilio/status/01990000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Twilio]]:
    folder = tmp_path_factory.mktemp("twilio")
    api = Twilio(folder)
    desk = Desk(folder)
    desk.environment |= whatsapp(api.url, f"sqlite:///{folder}/desk.db", desk.url)
    api.webhook = f"{desk.url}/twilio/whatsapp"
    try:
        desk.start()
        yield desk, api
        assert desk.stop() == 0
        assert "unhandled" not in desk.log()
    finally:
        desk.close()
        api.close()


def rows(desk: Desk, table: str, where: str = "1") -> int:
    with sqlite3.connect(desk.folder / "desk.db") as db:
        count: int = db.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]
    return count


def fields(**more: str) -> dict[str, str]:
    return {
        "MessageSid": "SM" + "a" * 32,
        "AccountSid": ACCOUNT,
        "From": "whatsapp:+212600000099",
        "To": SENDER,
        "Body": "salam",
        "NumMedia": "0",
        **more,
    }


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes | str,
    headers: list[tuple[str, str]],
    method: str = "POST",
) -> int:
    async with session.request(method, url, data=body, headers=headers) as answer:
        return answer.status


def signed(url: str, given: dict[str, str], token: str = TOKEN) -> list[tuple[str, str]]:
    signature = RequestValidator(token).compute_signature(url, given)
    return [("Content-Type", FORM), ("X-Twilio-Signature", signature)]


def forged(desk: Desk, count: int) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:  # noqa: C901 (a table)
    """Requests that look right and are not Twilio's for our account: path, body, headers."""
    chance = random.Random(11)
    plain = [("Content-Type", FORM)]
    kinds = 20
    for number in range(count):
        path = chance.choice(("/twilio/whatsapp", STATUS))
        url = desk.url + path
        given = fields(MessageSid=f"SM{number:032x}", Body=f"forged {number}", MessageStatus="delivered")
        body, good = urlencode(given), signed(url, given)
        signature = good[1][1]
        match number % kinds:
            case 0:
                yield path, body, plain
            case 1:
                yield path, body, [*plain, ("X-Twilio-Signature", "")]
            case 2:
                yield path, body, [*plain, ("X-Twilio-Signature", signature[:-1])]
            case 3:
                at = chance.randrange(len(signature) - 1)
                wrong = signature[:at] + ("A" if signature[at] != "A" else "B") + signature[at + 1 :]
                yield path, body, [*plain, ("X-Twilio-Signature", wrong)]
            case 4:
                yield path, body, signed(url, given, token="another token")
            case 5:
                yield path, body, signed(url.replace("http:", "https:"), given)
            case 6:
                yield path, body, signed(desk.url + "/twilio/other", given)
            case 7:
                yield path, body, signed(url + "?x=1", given)
            case 8:
                yield path, urlencode({**given, "Body": "another body"}), good
            case 9:
                yield path, body + "&Forwarded=true", good
            case 10:
                yield path, body[: len(body) // 2], good
            case 11:
                yield path, "", good
            case 12:
                other = {**given, "AccountSid": "AC" + "2" * 32}
                yield path, urlencode(other), signed(url, other)
            case 13:
                less = {key: value for key, value in given.items() if key != "AccountSid"}
                yield path, urlencode(less), signed(url, less)
            case 14:
                other = {**given, "To": "whatsapp:+212599999999"}
                yield "/twilio/whatsapp", urlencode(other), signed(desk.url + "/twilio/whatsapp", other)
            case 15:
                yield path, body, [*good, ("X-Twilio-Signature", signature)]
            case 16:
                yield path, body, [*plain, ("X-Twilio-Signature", f"\u00e9{signature}")]
            case 17:
                yield path, body, [*plain, ("X-Twilio-Email-Event-Webhook-Signature", signature)]
            case 18:
                less = {key: value for key, value in given.items() if key != "To"}
                yield "/twilio/whatsapp", urlencode(less), signed(desk.url + "/twilio/whatsapp", less)
            case _:
                # the signed string has no separators: a letter moved from one value to the next name
                moved = {**given, "Bod": "y" + given["Body"]}
                del moved["Body"]
                yield path, urlencode(moved), [*plain, ("X-Twilio-Signature", signature[::-1])]


def test_a_thousand_forged_requests(running: tuple[Desk, Twilio]) -> None:
    desk, _ = running
    before = rows(desk, "inbound"), rows(desk, "delivery")

    async def all_of_them() -> list[int]:
        async with aiohttp.ClientSession() as session:
            return [await post(session, desk.url + path, body, head) for path, body, head in forged(desk, 1000)]

    answers = asyncio.run(all_of_them())
    assert len(answers) == 1000
    assert set(answers) == {403}
    assert (rows(desk, "inbound"), rows(desk, "delivery")) == before


@pytest.mark.parametrize(
    ("method", "kind", "body", "status"),
    [
        ("GET", FORM, b"", 405),
        ("PUT", FORM, b"a=b", 405),
        ("POST", "text/plain", b"a=b", 415),
        ("POST", "multipart/form-data; boundary=x", b"--x--", 415),
        ("POST", "application/json", b"{}", 415),
        ("POST", FORM, b"a=" + b"b" * 70_000, 413),
        ("POST", FORM, b"&".join([b"a=b"] * 10_000), 403),
        ("POST", FORM, b"\xff\xfe", 403),
        ("POST", FORM, b"Body=%ff%fe", 403),
        ("POST", FORM, b"%00=%00", 403),
    ],
)
def test_odd_bodies(running: tuple[Desk, Twilio], method: str, kind: str, body: bytes, status: int) -> None:
    desk, _ = running

    async def one() -> int:
        async with aiohttp.ClientSession() as session:
            head = [("Content-Type", kind), ("X-Twilio-Signature", "x")]
            return await post(session, desk.url + "/twilio/whatsapp", body, head, method)

    assert asyncio.run(one()) == status


async def genuine(desk: Desk, given: dict[str, str], path: str = "/twilio/whatsapp", mark: str = "") -> int:
    url = desk.url + path
    async with aiohttp.ClientSession() as session:
        return await post(session, url, urlencode(given), signed(url + mark, given))


@pytest.mark.parametrize("missing", [{"MessageSid": ""}, {"From": ""}, {"From": "sms:+1"}, {"MessageSid": "../x"}])
def test_what_is_needed_must_be_there(running: tuple[Desk, Twilio], missing: dict[str, str]) -> None:
    """Twilio signed it, and would only send it again: taken, and counted."""
    desk, _ = running
    before, noted = rows(desk, "inbound"), desk.unheard()
    assert asyncio.run(genuine(desk, fields(**missing))) == 200
    assert rows(desk, "inbound") == before
    assert desk.unheard() == noted + 1


def test_the_address_with_its_overrides_is_ours_too(running: tuple[Desk, Twilio]) -> None:
    desk, _ = running
    given = fields(MessageSid="SM" + "b" * 32)
    assert asyncio.run(genuine(desk, given, mark="#rc=5&rp=all")) == 200


def test_a_message_posted_five_times_counts_once(running: tuple[Desk, Twilio]) -> None:
    desk, api = running
    given = fields(MessageSid="SM" + "c" * 32, From="whatsapp:+212600000031")
    before = rows(desk, "inbound")

    async def five() -> list[int]:
        return list(await asyncio.gather(*(genuine(desk, given) for _ in range(5))))

    api.heard[given["From"]] = api.now()
    assert set(asyncio.run(five())) == {200}
    assert rows(desk, "inbound") == before + 1
    api.wait(lambda: len(api.to(given["From"])) == 1)


def test_one_person_with_two_names_is_one(running: tuple[Desk, Twilio]) -> None:
    desk, api = running
    before = rows(desk, "contact")
    artisan = WhatsAppArtisan(api, "+212600000041")
    artisan.says("salam")
    artisan.hears()
    artisan.hidden = True  # the number is hidden from now on: only the other name comes
    artisan.says("1")
    artisan.hears()
    assert rows(desk, "contact") == before + 1
    assert api.to(artisan.user_id)
    hidden = WhatsAppArtisan(api, "+212600000042", hidden=True)
    hidden.says("salam")
    hidden.hears()
    assert rows(desk, "contact") == before + 2


def test_media_is_answered_and_never_fetched(running: tuple[Desk, Twilio]) -> None:
    _, api = running
    artisan = WhatsAppArtisan(api, "+212600000051")
    artisan.says("salam")
    artisan.hears()
    artisan.says("1")
    artisan.hears()
    for kind, count in (("audio/ogg", "1"), ("image/jpeg", "3"), ("", "abc")):
        artisan.sends(Body="", NumMedia=count, MediaUrl0="http://169.254.169.254/", MediaContentType0=kind)
        artisan.hears()
    assert "لا نسمع التسجيلات" in artisan.texts[2]
    assert "لا نحتفظ بالصور" in artisan.texts[3]


def test_what_never_came_is_swept(tmp_path: Any) -> None:
    api = Twilio(tmp_path)
    desk = Desk(tmp_path)
    desk.environment |= whatsapp(api.url, f"sqlite:///{tmp_path}/desk.db", desk.url)
    api.webhook = f"{desk.url}/twilio/whatsapp"
    artisan = WhatsAppArtisan(api, "+212600000061")
    try:
        desk.start()
        artisan.says("salam")
        artisan.hears()
        desk.kill()
        api.inject({"From": artisan.number, "Body": "2"}, posted=False)  # Twilio gave up on it
        api.inbound[-1]["at"] -= timedelta(minutes=3)
        desk.start()
        artisan.hears(2)
        assert "Bienvenue" in artisan.texts[1]
        assert rows(desk, "inbound") == 2
    finally:
        desk.close()
        api.close()


def test_no_content_is_numbered_text(tmp_path: Any) -> None:
    api = Twilio(tmp_path)
    api.refuse_contents = True
    desk = Desk(tmp_path)
    desk.environment |= whatsapp(api.url, f"sqlite:///{tmp_path}/desk.db", desk.url)
    api.webhook = f"{desk.url}/twilio/whatsapp"
    artisan = WhatsAppArtisan(api, "+212600000071")
    try:
        desk.start()
        for said in ("salam", "2", "1", "1", "35", "1", "1"):
            artisan.says(said)
            artisan.hears()
        assert "1. Oui\n2. Non" in artisan.texts[-1]
        assert api.calls["Content"] == 1
        assert api.broken_rules == []
    finally:
        desk.close()
        api.close()
