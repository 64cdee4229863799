"""The result as a sheet: drawn in both languages, its code read back, sent and fetched on each channel."""

import io
import json
import urllib.error
import urllib.request
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy.orm import Session

from conversations.eligibility.card import result_sheet
from conversations.forms.flow import Case
from conversations.values import Media
from handlers.cards.draw import draw, qr
from models import database
from models.delivery import Delivery
from tests.artisans import POTTER, walk
from tests.desks import words, world
from tests.usual import ELIGIBILITY, values
from tests.whole import Whole

LINK = "https://t.me/desk_test_bot"
OWN = values(ELIGIBILITY)


def sheet(language: str, link: str | None = LINK) -> Media:
    reply = result_sheet(Case(OWN, replace(world(), link=link)))
    return words().speak((reply,), language, "1").media[0]


def code(picture: bytes) -> str | None:
    """What a phone's camera reads on the picture."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    return found[0].text if found else None


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_sheet_is_drawn_and_its_code_opens_the_desk(language: str) -> None:
    drawn = sheet(language)
    picture = draw(drawn, language, "png")
    assert code(picture) == LINK
    width, height = Image.open(io.BytesIO(picture)).size
    assert width == 827
    assert 1200 < height < 3000
    assert draw(drawn, language, "pdf").startswith(b"%PDF-1.")
    said = json.loads(drawn.words)
    assert "163" in said["figure"]
    assert said["title"] and said["parts"] and len(said["foot"]) == 3  # noqa: PT018


def test_without_a_link_there_is_no_code() -> None:
    drawn = sheet("fr", None)
    assert code(draw(drawn, "fr", "png")) is None
    assert len(json.loads(drawn.words)["foot"]) == 2
    assert qr("") is None


def test_words_are_never_a_program() -> None:
    given = json.loads(sheet("fr").words)
    given["title"] = '#panic("no") = $x$ *bold* @ref <b> \\'
    assert draw(Media("card", LINK, json.dumps(given)), "fr", "png")


def test_the_fonts_have_every_letter_we_write() -> None:
    """A letter that a font lacks would be drawn as a box: both languages, all the catalogue."""
    from fontTools.ttLib import TTFont

    folder = Path(draw.__code__.co_filename).parent / "fonts"
    for weight in ("Regular", "Bold"):
        known = set()
        for name in ("NotoSans", "NotoNaskhArabic"):
            known |= set(TTFont(folder / f"{name}-{weight}.ttf").getBestCmap())
        for language in ("ar", "fr"):
            catalogue = words().catalogues[language]
            for id, said in catalogue._catalog.items():  # type: ignore[attr-defined]
                if isinstance(id, str) and id.startswith(("eligibility.result", "eligibility.card")):
                    missing = {c for c in said if ord(c) not in known and c not in "\n\u2068\u2069"}
                    assert not missing, (id, missing)


def test_telegram_brings_the_picture_and_the_document(sqlite_url: str, tmp_path: Path) -> None:
    with Whole(tmp_path, sqlite_url) as whole:
        artisan = whole.artisan(7)
        walk(artisan, "fr", POTTER)
        artisan.presses("result:card")
        whole.settle()
        assert [(chat, kind) for chat, kind, _ in whole.telegram.files] == [(7, "photo"), (7, "document")]
        assert code(whole.telegram.files[0][2]) == LINK
        assert artisan.texts[-2:] == ["(photo)", "(document)"]
        assert "PDF" in artisan.texts[-3]
        keyboard = artisan.messages[-3]["reply_markup"]["inline_keyboard"]  # the options stand under it still
        pressed = [button["callback_data"] for row in keyboard for button in row]
        artisan.presses_exactly(next(data for data in pressed if data.startswith("result:why:")))
        whole.settle()
        assert "Code du travail, article 184" in artisan.texts[-1]
        assert whole.telegram.broken_rules == []


def test_whatsapp_fetches_them_by_signed_addresses_for_a_day(database_url: str, tmp_path: Path) -> None:
    with Whole(tmp_path, database_url) as whole:
        artisan = whole.number("+212600000001")
        for said in ("salam", "1", "1", "1", "35", "1", "1", "2", "فخار", "1", "5", "ليس عندي مؤشر"):
            artisan.says(said)
            whole.settle()
        artisan.says("6")
        whole.settle()
        urls = [url for message in artisan.messages for url in message["MediaUrl"]]
        assert [url[-4:] for url in urls] == [".png", ".pdf"]
        assert whole.twilio.broken_rules == []
        for url, kind in zip(urls, ("image/png", "application/pdf"), strict=True):
            with urllib.request.urlopen(url) as answer:
                assert answer.headers["Content-Type"] == kind
                content = answer.read()
            if kind == "image/png":
                assert code(content) == f"https://wa.me/{'212500000000'}"
        for bad in altered(urls[0]):
            assert refused(bad) == 404, bad
        whole.hands.move(hours=25)
        assert refused(urls[0]) == 404


def altered(url: str) -> list[str]:
    head, _, last = url.rpartition("/")
    name, _, form = last.partition(".")
    flipped = ("0" if name[0] != "0" else "1") + name[1:]
    delivery = head.rpartition("/")[2]
    other = ("0" if delivery[0] != "0" else "1") + delivery[1:]
    return [
        f"{head}/{flipped}.{form}",
        f"{head}/{name}.pdf",
        f"{head}/{name}.exe",
        f"{head}/{name}",
        f"{head}/.png",
        url.replace(delivery, other),
        url.replace(delivery, "x"),
        f"{head}/{name.upper()}.{form}",
    ]


def refused(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_a_card_that_fails_leaves_the_words_and_is_not_sent_twice(sqlite_url: str, tmp_path: Path) -> None:
    with Whole(tmp_path, sqlite_url) as whole:
        artisan = whole.artisan(7)
        walk(artisan, "fr", POTTER)
        whole.telegram.refused_files = 500
        artisan.presses("result:card")
        whole.settle()
        assert "PDF" in artisan.texts[-1]
        whole.telegram.refused_files = 0
        # the words are throttled: they leave later, and the sheet once, after them
        whole.telegram.fail_next(429, "Too Many Requests", retry_after=1)
        artisan.presses("result:card")
        whole.telegram.wait(lambda: not whole.telegram.answers)
        whole.settle()
        assert whole.telegram.files == []
        whole.hands.move(seconds=5)
        whole.telegram.wait(lambda: len(whole.telegram.files) == 2)
        whole.settle()
        assert [kind for _, kind, _ in whole.telegram.files] == ["photo", "document"]


@pytest.mark.parametrize(
    "media",
    [
        Media("card", "x" * 400, '{"title": "a", "figure": null, "parts": [], "foot": []}'),
        Media("card", "", '{"title": "a", "figure": null, "parts": ["' + "a" * 20_000 + '"], "foot": []}'),
        Media("card", "", '{"title": "a", "figure": null, "parts": ["' + "b\\n" * 500 + '"], "foot": []}'),
        Media("card", "", "[]"),
        Media("card", "", "{}"),
        Media("card", "", ""),
    ],
)
def test_what_is_no_card_is_refused(media: Media) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        draw(media, "fr", "png")


def test_an_altered_message_has_no_card_and_no_traceback(sqlite_url: str, tmp_path: Path) -> None:
    with Whole(tmp_path, sqlite_url) as whole:
        artisan = whole.number("+212600000001")
        for said in ("salam", "1", "1", "1", "35", "1", "1", "2", "فخار", "1", "5", "ليس عندي مؤشر", "6"):
            artisan.says(said)
            whole.settle()
        url = next(url for message in artisan.messages for url in message["MediaUrl"])
        made = database.engine(sqlite_url, writer=True)
        with Session(made) as db:
            row = db.get_one(Delivery, uuid.UUID(url.split("/")[-2]))
            assert row.body is not None
            row.body = row.body[:-1] + bytes([row.body[-1] ^ 1])
            db.commit()
        made.dispose()
        assert refused(url) == 404
