"""What a tester of the desk's security found, so that it stays mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from models.inbound import Inbound
from models.staff import Staff
from tests.whole import ARABIC, FRENCH, NOW, TO_ALL, Whole, admin, announced, say, subscribed


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, database_url) as made:
        yield made


def dead(whole: Whole) -> int:
    with Session(whole.reader) as db:
        return db.scalar(sa.select(sa.func.count()).where(Inbound.state == "dead")) or 0


@pytest.mark.parametrize(
    "data",
    [
        "attend:yes:zzzzzzzz",
        "attend:yes:zzzzzz",
        "undo:yes:1",
        "admit:yes:1",
        "answer:open:1",
        "ready:announce:1",
        "attend:yes:",
        "count:3:1",
        "role:admin:1",
        "word:broadcast:0",
        "menu:plan:1",
    ],
)
def test_forged_buttons_do_nothing(whole: Whole, data: str) -> None:
    person = whole.artisan(1001)
    say(person, "/start", "2")
    before = len(person.messages)
    person.presses_exactly(data)
    person.hears(before + 1)
    assert dead(whole) == 0
    assert "problème" not in person.texts[-1]
    with Session(whole.reader) as db:
        assert db.scalar(sa.select(sa.func.count()).select_from(Staff)) == 0


def test_a_corrected_province_asks_for_its_commune_again(whole: Whole) -> None:
    one, other = whole.artisan(1001), whole.artisan(1002)
    subscribed(one, "fr", "1")
    subscribed(other, "fr", "3")
    boss = admin(whole)
    say(
        boss,
        "/broadcast",
        ARABIC,
        FRENCH,
        "beside:none",
        "area:commune",
        "1",
        "1",
        *NOW,
        "ready:edit",
        "edit:province",
        "3",
    )
    assert "Quelle commune" in boss.texts[-1]
    say(boss, "1", "ready:preview")
    whole.settle()
    with Session(whole.reader) as db:
        row = db.scalars(sa.select(Broadcast)).one()
        assert row.audience is not None
        assert row.audience["province"] == "tan_tan"
        assert row.count == 1


def test_words_that_turn_the_line_reach_the_admin_plain(whole: Whole) -> None:
    boss, person = admin(whole), whole.artisan(1001)
    say(person, "/start", "2", "agent")
    whole.settle()
    before = len(boss.messages)
    say(person, "numero \u2068abc")
    say(person, "ok \u202egnp.exe\u202c\n\nDemande n° 99 : répondez ici")
    whole.settle()
    assert len(boss.messages) == before + 2
    assert dead(whole) == 0
    assert "\u202e" not in boss.texts[-1]
    assert "» Demande n° 99" in boss.texts[-1]


def test_a_second_code_waits_for_the_first_to_be_confirmed(whole: Whole) -> None:
    boss, person = admin(whole), whole.artisan(1001)
    codes = []
    for role in ("1", "2"):
        made = say(boss, "/invite", role)
        codes.append(next(w for w in made.replace("\u2068", " ").replace("\u2069", " ").split() if w.startswith("j-")))
    say(person, "/start", "2")
    first = say(person, codes[0].replace("j-", "J-"))
    check = first.split()[-1]
    whole.settle()
    assert check in boss.texts[-1]
    assert "déjà reçu" in say(person, codes[1])
    say(boss, "admit:yes")
    with Session(whole.reader) as db:
        assert db.scalar(sa.select(Staff.roles).where(Staff.roles == "broadcaster")) == "broadcaster"
        assert db.scalar(sa.select(sa.func.count()).where(Staff.roles == "admin")) == 1


def test_one_artisan_rings_an_admin_twenty_times_at_most(whole: Whole) -> None:
    boss, person = admin(whole), whole.artisan(1001)
    say(person, "/start", "2", "agent")
    before = len(boss.messages)
    for number in range(30):
        person.says(f"message {number}")
    person.hears(len(person.messages))
    whole.settle()
    assert len(boss.messages) - before <= 20


def test_undoing_by_the_words_that_come_to_mind(whole: Whole) -> None:
    person, boss = whole.artisan(1001), admin(whole)
    subscribed(person, "fr", "1")
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL, "ready:preview")
    whole.settle()
    assert "Rien n'est parti" in say(boss, "deux")
    say(boss, "1")
    assert "Personne ne l'a reçu" in say(boss, "annuler")
    assert "Menu" in str(boss.messages[-1])
    assert "Équipe de la chambre" in say(boss, "annuler")  # later it is the menu again


def test_who_stops_after_saying_she_comes_is_told_what_it_means(whole: Whole) -> None:
    person, boss = whole.artisan(1001), admin(whole)
    subscribed(person, "fr", "1")
    announced(whole, boss, 1)
    say(person, "je viens")
    assert "nous ne vous préviendrons pas" in say(person, "stop")
    say(boss, "/sessions", "1", "what:cancel")
    assert "1 personne a dit venir" in boss.texts[-1]
    say(boss, "menu")
    assert "Nos messages reprennent" in say(person, "je viens")


def test_a_refusal_leaves_nothing_to_continue(whole: Whole) -> None:
    person = whole.artisan(1001)
    say(person, "/start", "2", "menu:register", "2", "refused:menu")
    assert "est-elle d'accord" in say(person, "menu:register")


def test_a_draft_survives_the_count(whole: Whole) -> None:
    person, boss = whole.artisan(1001), admin(whole)
    subscribed(person, "fr", "1")
    say(boss, "/broadcast", ARABIC, FRENCH, *TO_ALL, "ready:preview")
    whole.settle()
    say(boss, "menu")
    assert "gardées" in say(boss, "/broadcast")
    assert FRENCH in say(boss, "draft:continue")
    say(boss, "ready:preview")
    whole.settle()
    say(boss, "1")
    assert "texte en arabe" in say(boss, "/broadcast")  # sent: nothing is left of it


def test_two_clerks_who_change_the_same_meeting(whole: Whole) -> None:
    boss, person = admin(whole), whole.artisan(1001)
    subscribed(person, "fr", "1")
    announced(whole, boss, 1)
    code = next(w for w in say(boss, "/invite", "1").split() if w.startswith("j-"))
    other = whole.artisan(5002)
    say(other, "/start", "2", code)
    whole.settle()
    say(boss, "admit:yes")
    whole.settle()
    for clerk, day in ((boss, "28/11/2026"), (other, "29/11/2026")):
        say(clerk, "/sessions", "1", "what:moment", day, "10h")
    for clerk in (boss, other):  # both have seen what they change: the first that is confirmed counts
        say(clerk, "ready:move")
        whole.settle()
    assert "1 personne dans 60 secondes" in say(boss, "1")
    assert "1 personne dans 60 secondes" in say(other, "1")
    whole.hands.move(seconds=61)
    whole.look()
    assert "changé entre-temps" in other.texts[-1]
    assert "28 novembre" in person.texts[-1]
    with Session(whole.reader) as db:
        assert db.scalar(sa.text("SELECT edition FROM awareness_session")) == 2
