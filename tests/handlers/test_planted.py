"""Fifty people register on both channels and give their card's number: nothing of it stands anywhere in the clear."""

import re
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database
from models.registration import Registration, unseal_cin
from models.sealed import sealer
from tests.artisans import Artisan, WhatsAppArtisan
from tests.fakes.bot_api import BotApi
from tests.fakes.twilio import Twilio
from tests.running import KEY, Desk, telegram, whatsapp
from tests.usual import REGISTRATION, said

FIRST = (["زليخة", "فاضمة", "مبارك", "عبيدة", "امبارك"], ["Idar", "Tlaytmas", "Yamna", "Ijja", "Rqiya"])
LAST = (
    ["اخنيفس", "بوتزلاغت", "أوبلقاس", "إمزيلن", "أزوكار"],
    ["Azougar", "Imzilen", "Oubelkas", "Ikhnifes", "Boutzlaght"],
)
PEOPLE = [
    (
        f"{FIRST[place % 2][place // 2 % 5]} {LAST[place % 2][place // 10]}",
        f"06{61234500 + place * 7919}",
        f"QZ{310007 + place * 1237}",
    )
    for place in range(50)
]
LINK = re.compile(r"http\S+/f/([A-Za-z0-9_-]+)")


def walk(name: str, phone: str) -> list[str]:
    return ["menu:register", *said(REGISTRATION, {"name": name, "phone": phone}), "check:confirm"]


def does(person: Any, what: str) -> None:
    """A button where there is one; on WhatsApp, where a message has none, its words or the digit of its line."""
    head, _, option = what.partition(":")
    if not (option and head.isascii() and head.isidentifier()):
        person.says(what)
    elif isinstance(person, Artisan) or any(each.startswith(what + ":") for each in person.payloads):
        person.presses(what)
    else:
        person.says({"tax_status:none": "1", "cover:none": "1", "trade:C076": "1", "menu:register": "2"}.get(what, "1"))


def together(people: list[Any], what: list[str]) -> None:
    for person, each in zip(people, what, strict=True):
        does(person, each)
    for person in people:
        person.hears()


def test_nothing_stands_in_the_clear(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "desk").mkdir()
    bot, twilio = BotApi(tmp_path / "a"), Twilio(tmp_path / "b")
    desk = Desk(tmp_path / "desk")
    desk.environment |= whatsapp(twilio.url, database_url, desk.url) | telegram(bot.url, database_url, desk.url)
    twilio.webhook = f"{desk.url}/twilio/whatsapp"
    try:
        desk.start()
        bot.wait(lambda: bot.webhook)
        people: list[Any] = [
            Artisan(bot, 5000 + place) if place % 2 else WhatsAppArtisan(twilio, f"+2126600000{place:02}")
            for place in range(50)
        ]
        together(people, ["/start"] * 50)
        together(people, ["language:fr"] * 50)
        for step in zip(*(walk(name, phone) for name, phone, _ in PEOPLE), strict=True):
            together(people, list(step))
        for person, (_, _, cin) in zip(people, PEOPLE, strict=True):
            token = LINK.search(next(text for text in reversed(person.texts) if "/f/" in text))
            assert token is not None
            give(f"{desk.url}/f/{token[1]}", cin)
        for place in (1, 2):  # one asks for a person and says it all again; another for a copy of her data
            person = people[place]
            sent = len(person.messages)
            person.says("personne")
            person.hears(sent + 1)
            person.says(f"je suis {PEOPLE[place][0]}, {PEOPLE[place][1]}, {PEOPLE[place][2]}")
            person.hears(sent + 2)
        assert desk.stop() == 0
    finally:
        desk.close()
        bot.close()
        twilio.close()
    secrets = [secret for person in PEOPLE for secret in forms(*person)]
    stands = everything(database_url, tmp_path / "desk")
    hits = [secret for secret in secrets for content in stands.values() if secret in content]
    print(
        f"\n{len(secrets)} spellings of 150 values, {sum(map(len, stands.values())):,} bytes of {sorted(stands)}: {len(hits)} hits"
    )
    assert hits == []
    made = database.engine(database_url, writer=False)
    with Session(made) as db:
        kept = [unseal_cin(sealer(KEY), row) for row in db.scalars(sa.select(Registration))]
    made.dispose()
    assert sorted(filter(None, kept)) == sorted(cin for _, _, cin in PEOPLE)  # and yet it is all there


def give(url: str, cin: str) -> None:
    """The card's number by the page, as a browser without script sends it."""
    shown = post(url, cin=cin)
    again = re.search(r'name="again" value="([^"]+)"', shown)
    assert again is not None
    assert cin not in shown
    assert "bien reçu" in post(url, yes="1", again=again[1])


def post(url: str, **fields: str) -> str:
    body = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url + "?lang=fr", data=body), timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.code} to {sorted(fields)} at {url}") from None


def forms(name: str, phone: str, cin: str) -> list[bytes]:
    """Every way a value could stand in a file."""
    said = [name, *name.split(), phone, phone[1:], f"+212{phone[1:]}", cin, cin.lower()]
    return [each.encode(code) for each in said for code in ("utf-8", "utf-16-le")]


def everything(url: str, folder: Path) -> dict[str, bytes]:
    """All that is on disk beside the desk, and all that is in its database."""
    found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        found |= {path.name: path.read_bytes() for path in file.parent.glob(file.name + "*")}
        assert file.name in found
        return found
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as db:
        tables = [row[0] for row in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for table in tables:
            rows = db.execute(f'SELECT t::text FROM "{table}" t').fetchall()
            text = "\n".join(str(row[0]) for row in rows)
            plain = re.sub(
                r"\\\\?x([0-9a-f]+)",
                lambda hexed: bytes.fromhex(hexed[1][: len(hexed[1]) // 2 * 2]).decode("latin-1"),
                text,
            )
            found[table] = text.encode() + plain.encode("latin-1", "replace")
    return found
