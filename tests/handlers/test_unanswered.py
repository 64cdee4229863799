"""Questions nobody has an answer for: kept without who asked, labelled by a clerk, answered when an admin agrees."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import sealed
from models.unanswered import Unanswered, UnansweredState, unseal_question
from tests.artisans import Artisan, WhatsAppArtisan
from tests.running import KEY
from tests.whole import Whole, admin, say

CARPET = "quelle est la couleur du tapis numero 0612345678 svp"
COW = "la vache de mon voisin mange mon herbe verte"
RED = "Les tapis sont rouges."


@pytest.fixture
def whole(database_url: str, tmp_path: Path) -> Iterator[Whole]:
    with Whole(tmp_path, database_url) as made:
        yield made
        assert made.telegram.broken_rules == []
        assert made.twilio.broken_rules == []


def french(person: Artisan | WhatsAppArtisan) -> Artisan | WhatsAppArtisan:
    say(person, "/start", "2")
    return person


def kept(whole: Whole) -> dict[str, Unanswered]:
    """Every question kept, by its words in the clear."""
    with Session(whole.reader) as db:
        rows = db.scalars(sa.select(Unanswered)).all()
        db.expunge_all()
    sealer = sealed.sealer(KEY)
    return {unseal_question(sealer, row): row for row in rows}


def test_a_question_without_an_answer_is_kept_once_and_tells_nobody(whole: Whole) -> None:
    first, second = french(whole.artisan(1001)), french(whole.number("+212600000301"))
    say(first, CARPET, CARPET.replace("0612345678", "06 99 99 99 99").upper() + " ?")
    say(second, "question", CARPET, "menu", "salut", "merci", "/nonsense please")
    ((words, row),) = kept(whole).items()
    assert words == "quelle est la couleur du tapis numero ••• svp"
    assert row.times == 3
    assert row.state == UnansweredState.WAITING
    people = {column.name for column in Unanswered.__table__.columns} & {"contact_id", "chat", "phone"}
    assert not people


def test_whose_question_is_none_of_those_found_is_kept_too(whole: Whole) -> None:
    person = french(whole.artisan(1001))
    listed = "je veux savoir pour ma carte et mes cotisations"
    assert "Est-ce une de ces questions" in say(person, listed)
    say(person, "topic:none")
    say(person, "menu")
    assert list(kept(whole)) == [listed]
    sure = "combien je dois payer chaque mois pour l'AMO"
    assert "Votre question" in say(person, sure)
    say(person, "told:not_mine", "topic:none")
    assert set(kept(whole)) == {listed, sure}


def test_words_of_a_form_or_of_somebody_in_danger_are_not_kept(whole: Whole) -> None:
    person = french(whole.artisan(1001))
    say(person, "mon mari me frappe tous les jours")
    say(person, "inscription", "consent:yes", "whom:me", "Fatima Essai", "la lune est belle ce soir")
    say(person, "agent", "personne ne repond a ma question du tapis")
    assert kept(whole) == {}


def test_a_clerk_says_which_question_it_is_and_then_it_is_answered(whole: Whole) -> None:
    boss, person = admin(whole), whole.artisan(1001)
    say(french(person), COW, CARPET, CARPET)
    asked = say(boss, "/unanswered")
    assert asked.index("tapis") < asked.index("vache")  # the most asked first
    assert "Laquelle de nos questions" in say(boss, "1")
    assert "C'est noté" in say(boss, "2")
    assert kept(whole)["quelle est la couleur du tapis numero ••• svp"].label == "when_covered"
    told = say(person, "menu", CARPET)
    assert "Votre question\u00a0: Quand l'AMO commence-t-elle" in told
    assert any(button.startswith("told:not_mine:") for button in person.buttons)
    asked = say(boss, "sans-reponse")
    assert "tapis" not in asked
    assert "C'est noté" in say(boss, "1", "label:off_topic")
    assert "Aucune question n'attend" in say(boss, "/unanswered")
    assert "Votre question" not in say(person, "menu", COW)


def test_an_answer_a_clerk_writes_is_given_when_an_admin_agrees(whole: Whole) -> None:
    boss, person = admin(whole), french(whole.artisan(1001))
    say(person, CARPET)
    before = len(boss.texts)
    assert "Réponse gardée" in say(boss, "/unanswered", "1", "label:write", RED)
    whole.settle()
    assert any(RED in text and "tapis" in text for text in boss.texts[before:])
    assert RED not in say(person, "menu", CARPET)  # nobody agreed yet
    assert "Approuvé" in say(boss, "accept:yes")
    assert RED in say(person, "menu", CARPET)
    assert RED in say(french(whole.number("+212600000302")), CARPET.upper() + " !!")
    before = len(boss.messages)
    boss.presses_exactly("accept:no:1")  # the other button of the same message, later
    boss.hears(before + 1)
    assert "Refusé" not in boss.texts[-1]
    assert RED in say(person, "menu", CARPET)


def test_an_answer_refused_is_never_given(whole: Whole) -> None:
    boss, person = admin(whole), french(whole.artisan(1001))
    say(person, CARPET)
    say(boss, "/unanswered", "1", "label:write", RED)
    whole.settle()
    assert "Refusé" in say(boss, "accept:no")
    assert RED not in say(person, "menu", CARPET)


def test_a_year_later_a_question_is_gone(whole: Whole) -> None:
    person = french(whole.artisan(1001))
    say(person, CARPET)
    whole.hands.move(days=364)
    whole.put_down()
    assert len(kept(whole)) == 1
    whole.hands.move(days=2)
    whole.put_down()
    assert kept(whole) == {}


def test_a_clerk_hears_once_a_day_and_not_at_night_that_questions_wait(whole: Whole) -> None:
    boss, person = admin(whole), french(whole.artisan(1001))
    whole.look()
    before = len(boss.texts)
    say(person, CARPET, COW)
    whole.look()
    whole.look()
    told = boss.texts[before:]
    assert [text.split(".")[0] for text in told] == ["2 questions sans réponse attendent"]
    whole.hands.move(hours=16)  # two in the morning
    whole.look()
    assert len(boss.texts) == before + 1
    whole.hands.move(hours=7)
    whole.look()
    assert len(boss.texts) == before + 2


def test_an_artisan_cannot_open_the_questions_of_others(whole: Whole) -> None:
    person = whole.artisan(1001)
    say(french(person), CARPET)
    for word in ("/unanswered", "sans-reponse", "بدون جواب"):
        assert "tapis" not in say(person, word)
    person.presses_exactly("accept:yes:1")
    person.hears(len(person.messages) + 1)
    assert "bouton" in person.texts[-1]
