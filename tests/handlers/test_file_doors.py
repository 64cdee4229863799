"""What a file sends over real HTTP: the sheet, the copy of one's data, the number taken off the chat."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from tests.artisans import Artisan
from tests.counters import FORM
from tests.whole import Whole


@pytest.fixture
def whole(sqlite_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, sqlite_url) as made:
        yield made


def registered(person: Artisan) -> str:
    """From hello to the reference; what was said with it."""
    said = ""
    for each in ("/start", "language:fr", "menu:register", *FORM, "check:confirm"):
        is_button = re.fullmatch(r"[a-z_]+:\w+", each) is not None
        person.presses(each) if is_button else person.says(each)
        said = heard(person)
    return said


def words(person: Artisan) -> list[dict[str, Any]]:
    """Her messages, without the files that follow some."""
    return [each for each in person.messages if each["text"] not in ("(photo)", "(document)", "(pin)")]


def heard(person: Artisan) -> str:
    person.api.wait(lambda: len(words(person)) >= person.sent)
    return str(words(person)[-1]["text"])


def press(person: Artisan, data: str) -> str:
    last = words(person)[-1]
    rows = (last.get("reply_markup") or {}).get("inline_keyboard", [])
    found = [b["callback_data"] for row in rows for b in row if b["callback_data"].startswith(data)]
    assert found, (data, last)
    person.presses_exactly(found[0])
    return heard(person)


def test_the_sheet_and_the_copy_on_telegram(whole: Whole, tmp_path: Path) -> None:
    person = whole.artisan(1001)
    said = registered(person)
    reference = "".join(c for c in said.split("\n")[1] if c.isdigit())
    whole.telegram.wait(lambda: len(whole.telegram.files) >= 2)
    picture = tmp_path / "card.png"
    picture.write_bytes(whole.telegram.files[0][2])
    with Image.open(picture) as image:
        assert [code.text for code in zxingcpp.read_barcodes(image)] == [reference]
    person.says("mon dossier")
    heard(person)
    press(person, "whose:0")
    press(person, "shown:download")
    whole.telegram.wait(lambda: len(whole.telegram.files) >= 4)
    (_, _, paper), (_, _, data) = whole.telegram.files[2:4]
    assert paper.startswith(b"%PDF")
    assert json.loads(data)["file"]["answers"]["name"] == "Fatima Essai"
    assert whole.telegram.broken_rules == []


def test_the_number_is_taken_off_the_chat(whole: Whole) -> None:
    person = whole.artisan(1002)
    registered(person)
    whole.telegram.wait(lambda: len(whole.telegram.files) >= 2)
    person.says("ma cin est AB123456")
    assert "ne s'écrit jamais ici" in heard(person)
    sent = person.past[-1]["message"]["message_id"]
    whole.telegram.wait(lambda: whole.telegram.deleted)
    assert whole.telegram.deleted == [(1002, sent)]
    person.sends(photo=[{"file_id": "x"}])
    heard(person)
    person.says("mon dossier")
    heard(person)
    person.sends(photo=[{"file_id": "x"}])
    heard(person)
    whole.telegram.wait(lambda: len(whole.telegram.deleted) >= 2)
    assert whole.telegram.deleted[-1] == (1002, person.past[-1]["message"]["message_id"])


def test_the_copy_on_whatsapp_is_fetched(whole: Whole) -> None:
    person = whole.number("+212600000777")
    form = [each if each != "0612345678" else "Le numéro de ce téléphone" for each in FORM]
    for each in ("salam", "2", "2", *form, "1"):
        option = each.partition(":")[2]
        if option and any(payload.startswith(each + ":") for payload in person.payloads):
            person.presses(each)
        elif option:
            person.says({"none": "1", "home": "1", "no": "2", "C076": "1"}.get(option, "1"))
        else:
            person.says(each)
        whole.settle()
    assert "Numéro du dossier" in "".join(person.texts[-4:])
    for each in ("mon dossier", "1", "4"):
        person.says(each)
        whole.settle()
    sent = whole.twilio.to(person.number)
    link = next(found for each in reversed(sent) if (found := re.search(r"http\S+\.json", each["text"])))
    with urllib.request.urlopen(link[0], timeout=10) as answer:
        assert answer.headers["content-type"] == "application/json"
        assert json.load(answer)["file"]["answers"]["phone"] == "+212600000777"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link[0].replace(".json", ".png"), timeout=10)
