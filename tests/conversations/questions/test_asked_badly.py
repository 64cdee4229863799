"""What people send that is no question of ours: an honest short answer or a person, never a sure one."""

from dataclasses import replace

import pytest

from conversations.context import Chamber
from conversations.desk.effects import AskPerson, PassOn
from conversations.values import Named
from tests.desks import topics, world
from tests.players import Player

INSULTS = ("nta 7mar", "يا حمار", "vous êtes des voleurs et des menteurs", "الله ينعل بوكم", "tfou 3likom", "dégage")
SPANISH = (
    "¿cuánto cuesta el pasaporte?",
    "¿dónde puedo encontrar un dentista barato?",
    "hola buenos días, quiero información",
    "no entiendo nada de lo que dice",
)
SIGNS = ("a", "ا", "?", "😀", "👎👎", "🤬", "…", "؟", "هـ", "x")
LONG = ("x" * 4096, "واش " * 1024, "bla bla " * 512, "😀" * 4096, "كم " * 1365)
TWO = (
    "شحال خاصني نخلص وفين كاين الماتش ديال ليوم",
    "combien coûte un mouton et quand est la prochaine rencontre",
    "quels papiers apporter et est-ce que ma femme peut avoir un passeport",
)


@pytest.mark.parametrize("words", [*INSULTS, *SPANISH, *SIGNS, *LONG], ids=lambda words: words[:12])
def test_it_is_never_answered_as_sure(words: str) -> None:
    ids, sure = topics().rank(words)
    assert not sure or ids[0].startswith(("word.", "guard.money")), ids  # who calls us thieves reaches a person


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("words", [*INSULTS, *SPANISH, *SIGNS, *LONG], ids=lambda words: words[:12])
def test_it_gets_a_short_honest_answer_and_the_way_out(words: str, language: str) -> None:
    player = Player(language)
    said = player.says(words)
    assert len(said.text) <= 900
    assert player.step != "told"
    assert said.options or said.exits


@pytest.mark.parametrize("words", TWO)
def test_of_two_questions_the_one_that_is_answered_says_its_name(words: str) -> None:
    player = Player("fr")
    said = player.says(words).text
    if player.step == "told":
        assert said.startswith("Votre question")
        assert "told:not_mine" in player.options
    else:
        assert player.step in ("topic", "menu", "province")


@pytest.mark.parametrize("words", [*INSULTS, *SPANISH, *SIGNS, *LONG], ids=lambda words: words[:12])
def test_in_the_middle_of_a_form_it_changes_nothing(words: str) -> None:
    player = Player("fr")
    player.presses("menu:eligibility")
    player.presses("work:own_account")
    before = player.answers
    player.says(words)
    assert player.answers == before


def test_that_was_not_my_question_offers_the_next_and_a_person() -> None:
    player = Player("fr")
    player.says("combien je dois payer chaque mois pour l'AMO")
    assert player.step == "told"
    player.presses("told:not_mine")
    assert player.step == "topic"
    offered = [option for option in player.options if option not in ("topic:none", "topic:more")]
    assert 1 <= len(offered) <= 2
    assert "topic:how_much" not in offered
    player.presses("topic:none")
    assert "nothing:person" in player.options


@pytest.mark.parametrize(
    "words", ["merci beaucoup", "شكرا بزاف", "صافي", "ok", "👍", "d'accord", "واخا", "chokran bzf"]
)
def test_a_thank_you_or_an_okay_gets_a_kind_word(words: str) -> None:
    player = Player("fr")
    said = player.says(words).text
    assert "pas compris" not in said
    assert len(said.split("\n")[0]) <= 60


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        ("où en est mon dossier", "files"),
        ("فين وصل الملف ديالي", "files"),
        ("je veux changer mon numéro de téléphone", "files"),
        ("بغيت نبدل نمرة التيليفون ديالي", "files"),
        ("effacez mes données", "erase"),
        ("مسحو المعلومات ديالي", "erase"),
        ("c'est quand la réunion à Assa", "sessions"),
        ("فوقاش اللقاء فآسا", "sessions"),
    ],
)
def test_what_a_word_of_the_desk_does_is_understood_in_a_sentence(words: str, opens: str) -> None:
    player = Player("fr")
    player.says(words)
    assert player.chat.open == opens


@pytest.mark.parametrize("words", ["on me demande 500 dh pour m'inscrire", "عيط ليا واحد وطلب مني 300 درهم باش يقيدني"])
def test_who_is_asked_for_money_is_told_not_to_pay_and_a_person_hears(words: str) -> None:
    player = Player("fr")
    player.presses("menu:eligibility")
    player.presses("work:own_account")
    before = player.answers
    said = player.says(words).text
    assert "ne lui payez rien" in said
    assert player.answers == before
    assert AskPerson() in player.decision.effects
    assert any(isinstance(effect, PassOn) and effect.heard.value == words for effect in player.decision.effects)


@pytest.mark.parametrize(
    "words", ["mon mari me frappe", "راجلي كيضربني", "عييت من هاد الدنيا بغيت نموت", "rajli kaydrbni"]
)
def test_who_is_in_danger_is_answered_first_and_nothing_is_kept(words: str) -> None:
    player = Player("fr")
    said = player.says(words).text
    assert said.startswith("Vous avez bien fait de le dire")
    assert player.options == ["word:person", "word:menu"]
    assert player.decision.effects == ()


@pytest.mark.parametrize("name", ["الشفار مبارك", "Cheffar Abdelouahed", "Fatima Menaceur"])
def test_a_name_is_no_alarm_where_a_name_is_asked(name: str) -> None:
    player = Player("fr")
    for press in ("menu:register", "consent:yes", "whom:me"):
        player.presses(press)
    player.says(name)
    assert player.answers["name"] == name
    assert player.decision.effects == ()


@pytest.mark.parametrize("words", ["كنمضي الموس", "kanmdi lmous", "كنصاوب الموس والجنوي", "chantier urgent"])
def test_a_craft_is_no_alarm(words: str) -> None:
    player = Player("fr")
    player.presses("menu:eligibility")
    player.presses("work:own_account")
    said = player.says(words).text
    assert player.step == "age"
    assert not said.startswith(("Vous avez bien fait", "De tout cœur", "Attention"))


def test_numbers_to_call_are_said_only_when_the_chamber_gave_them() -> None:
    told = Chamber(helplines=Named({"ar": "0000", "fr": "0000 (police)"}))
    assert "0000 (police)" in Player("fr", replace(world(), chamber=told)).says("mon mari me frappe").text
    assert "À appeler" not in Player("fr").says("mon mari me frappe").text
