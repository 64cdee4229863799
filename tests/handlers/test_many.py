"""A message to many through real doors: a picture, a voice, a second person, the card, the correction, the list."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from tests.artisans import Artisan, WhatsAppArtisan
from tests.fakes.twilio import ACCOUNT
from tests.whole import ARABIC, FRENCH, NOW, TO_ALL, Whole, admin, say, subscribed

PICTURE, VOICE = b"\xff\xd8 a picture", b"OggS a voice"


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, database_url) as made:
        yield made
        assert made.telegram.broken_rules == []
        assert made.twilio.broken_rules == []


def people(whole: Whole) -> tuple[Artisan, WhatsAppArtisan]:
    artisan, texter = whole.artisan(1001), whole.number("+212600000301")
    subscribed(artisan, "fr", "1")
    subscribed(texter, "ar", "1")
    return artisan, texter


def confirmed(whole: Whole, boss: Artisan | WhatsAppArtisan, count: int) -> None:
    """The preview, the count typed, the time to undo over, and on its way."""
    say(boss, "ready:preview")
    whole.settle()
    say(boss, str(count))
    whole.hands.move(seconds=61)
    whole.look()


def state(whole: Whole) -> list[str]:
    with Session(whole.reader) as db:
        return list(db.scalars(sa.select(Broadcast.state).order_by(Broadcast.id)))


def fetched(url: str) -> tuple[str, bytes]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_a_picture_of_a_clerk_goes_to_both_channels(whole: Whole) -> None:
    artisan, texter = people(whole)
    boss = admin(whole)
    whole.telegram.kept["AgACpicture"] = PICTURE
    say(boss, "/broadcast", ARABIC, FRENCH)
    before = len(boss.words)
    boss.sends(photo=[{"file_id": "small", "width": 1}, {"file_id": "AgACpicture", "width": 9}])
    whole.telegram.wait(lambda: len(boss.words) > before)
    say(boss, "area:all", *NOW)
    whole.telegram.wait(lambda: _is_here(whole))
    confirmed(whole, boss, 2)
    assert (1001, "photo", PICTURE) in whole.telegram.files
    urls = [each["MediaUrl"][0] for each in texter.messages if each["MediaUrl"]]
    assert [fetched(url) for url in urls] == [("image/jpeg", PICTURE)]
    with pytest.raises(urllib.error.HTTPError):
        fetched(urls[0].replace("/m/", "/m/0"))
    assert artisan.words[-1].startswith("Message de la chambre")


def test_a_voice_of_a_clerk_on_whatsapp_is_fetched_from_twilio_alone(whole: Whole) -> None:
    _, texter = people(whole)
    boss = admin(whole)
    say(boss, "/invite", "role:broadcaster")
    code = next(word for word in boss.words[-1].split() if word.startswith("j-"))
    clerk = whole.number("+212600000399")
    say(clerk, code, "1")
    whole.settle()
    say(boss, "Oui, c'est la bonne personne")
    whole.settle()
    whole.twilio.media["ME1"] = ("audio/ogg", VOICE)
    url = f"{whole.twilio.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/MM1/Media/ME1"
    say(clerk, "/broadcast", ARABIC, FRENCH)
    before = len(clerk.words)
    clerk.sends(Body="", NumMedia="1", MediaContentType0="audio/ogg", MediaUrl0=url)
    whole.twilio.wait(lambda: len(clerk.words) > before)
    say(clerk, "3", "1", "1")
    whole.twilio.wait(lambda: _is_here(whole))
    say(clerk, "1")
    whole.settle()
    say(clerk, "2")
    whole.hands.move(seconds=61)
    whole.look()
    assert (1001, "voice", VOICE) in whole.telegram.files
    urls = [each["MediaUrl"][0] for each in texter.messages if each["MediaUrl"]]
    assert [fetched(each) for each in urls] == [("audio/ogg", VOICE)]


def _is_here(whole: Whole) -> bool:
    with Session(whole.reader) as db:
        return bool(db.scalar(sa.text("SELECT count(*) FROM attachment WHERE content_type IS NOT NULL")) == 1)


def test_a_file_elsewhere_is_never_fetched(whole: Whole) -> None:
    boss = admin(whole)
    say(boss, "/invite", "role:broadcaster")
    code = next(word for word in boss.words[-1].split() if word.startswith("j-"))
    clerk = whole.number("+212600000399")
    say(clerk, code, "1")
    whole.settle()
    say(boss, "Oui, c'est la bonne personne")
    whole.settle()
    say(clerk, "/broadcast", ARABIC, FRENCH)
    before = len(clerk.words)
    clerk.sends(Body="", NumMedia="1", MediaContentType0="image/jpeg", MediaUrl0="http://169.254.169.254/x")
    whole.twilio.wait(lambda: len(clerk.words) > before)

    def given_up() -> bool:
        with Session(whole.reader) as db:
            return bool(db.scalar(sa.text("SELECT count(*) FROM attachment WHERE failed IS NOT NULL")) == 1)

    whole.twilio.wait(given_up)
    assert whole.twilio.calls["media"] == 0


def test_a_second_person_agrees_by_a_button(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    people(whole)
    boss = admin(whole)
    say(boss, "/invite", "role:broadcaster")
    code = next(word for word in boss.words[-1].split() if word.startswith("j-"))
    clerk = whole.artisan(5002)
    say(clerk, f"/start {code}", "2")
    whole.settle()
    boss.presses("admit:yes")
    whole.settle()
    whole.limits(approve_above=1)
    say(clerk, "/broadcast", ARABIC, FRENCH, *TO_ALL)
    assert "autre personne de l'équipe" in clerk.words[-1]
    say(clerk, "ready:preview")
    whole.settle()
    assert "accord d'une autre personne" in say(clerk, "2")
    whole.settle()
    assert state(whole) == ["waiting"]
    assert "attend votre accord" in boss.words[-1]
    clerk.presses_exactly("approve:yes:1")  # not by herself: to her it is a button nobody knows
    whole.settle()
    assert state(whole) == ["waiting"]
    boss.presses("approve:yes")
    whole.settle()
    assert "Votre message a l'accord" in " ".join(clerk.words[-2:])
    whole.hands.move(seconds=61)
    whole.look()
    assert state(whole) == ["closed"]


def test_the_card_the_correction_and_the_list(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.broadcasts.lifecycle.PROGRESS_CARD_FROM", 2)
    artisan, texter = people(whole)
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL)
    confirmed(whole, boss, 2)
    whole.telegram.wait(lambda: any("2 sur 2" in each["text"] for each in whole.telegram.edited), 15)
    say(boss, "/envois", "1")
    assert "total\u00a0: 2 sur 2" in boss.words[-1]
    say(boss, "one:correct", "القاعة الصحيحة هي دار الثقافة.", "La bonne salle est la maison de la culture.")
    say(boss, "ready:send")
    whole.settle()
    say(boss, "2")
    whole.hands.move(seconds=61)
    whole.look()
    edits = [each for each in whole.telegram.edited if each["chat_id"] == 1001]
    assert "maison de la culture" in edits[-1]["text"]
    assert "دار الثقافة" in texter.words[-1]
    assert "maison de la culture" not in " ".join(artisan.words)
    assert state(whole) == ["closed", "closed"]
    say(boss, "/envois", "2", "one:report")
    whole.telegram.wait(
        lambda: any(kind == "document" and content[:2] == b"PK" for _, kind, content in whole.telegram.files)
    )


def test_one_button_under_each_message_stops_its_kind(whole: Whole) -> None:
    artisan, texter = people(whole)
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL)
    confirmed(whole, boss, 2)
    assert "nouvelles" in say(artisan, "quit:news")
    say(texter, "إيقاف أخبار الغرفة")
    found: dict[str, Any] = {}
    with Session(whole.reader) as db:
        found = dict(db.execute(sa.text("SELECT muted, count(*) FROM contact GROUP BY muted")).all())
    assert found["news"] == 2
    say(boss, "/broadcast", ARABIC, "Une autre nouvelle du jour.", "beside:none", "area:all", *NOW)
    assert "ne veulent pas ces messages\u00a0: 2" in boss.words[-1]


def test_everything_is_held_back_by_a_word(whole: Whole) -> None:
    people(whole)
    boss = admin(whole)
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL, "ready:preview")
    whole.settle()
    say(boss, "2")
    assert "1 envoi est en cours" in say(boss, "/pause")
    say(boss, "all:halt")
    whole.hands.move(minutes=2)
    whole.look()
    assert state(whole) == ["paused"]
    say(boss, "/envois", "1", "one:resume")
    whole.look()
    assert state(whole) == ["closed"]
