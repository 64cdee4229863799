"""Questions in the conversation: chosen, typed, typed where a form is open; why, and the sheet."""

from dataclasses import replace
from datetime import date

import pytest

from conversations.context import Chamber
from conversations.questions.flow import TOPICS
from conversations.values import Named
from tests.desks import world
from tests.players import POTTER, Player, at

TYPED = {
    "ar": "شحال خاصني نخلص كل شهر فالتغطية",
    "fr": "combien je vais payer chaque mois pour l'amo",
}


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_typed_at_the_menu_it_is_answered(language: str) -> None:
    player = Player(language)
    said = player.says(TYPED[language])
    assert "163" in said.text
    assert "11/2026" in said.text
    assert player.step == "told"
    assert player.presses("told:another").options[0].data.startswith("topic:")


def test_typed_at_a_result_it_is_answered_and_the_result_is_kept() -> None:
    player = at("rsu_score", "fr")
    player.presses("rsu_score:unsure")
    assert player.step == "result"
    assert "père ni la mère" in player.says("est ce que ma mère est couverte avec moi").text
    player.says("menu")
    player.presses("menu:eligibility")
    player.presses("draft:continue")
    assert player.step == "result"


@pytest.mark.parametrize("step", ["work", "age", "cover", "in_rna", "practice_years", "rsu_score"])
def test_typed_in_the_middle_of_a_form_it_is_answered_and_the_form_goes_on(step: str) -> None:
    player = at(step, "fr")
    before = player.answers
    said = player.says("où est-ce que je peux déposer une réclamation contre la cnss")
    assert "3939" in said.text
    assert (player.step, player.answers) == (step, before)


def test_what_is_not_sure_is_not_answered_in_a_form() -> None:
    player = at("cover", "fr")
    said = player.says("chkoun rbe7 lmatch dyal lbar7")
    assert player.step == "cover"
    assert "Source" not in said.text


def test_nothing_fits_and_a_person_is_offered() -> None:
    player = Player("fr")
    player.presses("menu:questions")
    said = player.says("chkoun rbe7 lmatch dyal lbar7")
    assert "personne" in said.text
    player.presses("topic:none")
    assert player.step == "nothing"
    assert player.options == ["nothing:person", "nothing:another", "nothing:menu"]


def test_every_topic_is_reached_from_the_menu_by_digits() -> None:
    reached = set()
    for place in range(len(TOPICS)):
        player = Player("ar")
        player.presses("menu:questions")
        for _ in range(place // 7):
            player.presses("topic:more")
        topic = player.options[place % 7].partition(":")[2]
        player.says(str(place % 7 + 1))
        assert player.step == "told"
        reached.add(topic)
    assert reached == set(TOPICS)


def test_what_may_be_meant_is_listed_and_chosen() -> None:
    player = Player("fr")
    player.presses("menu:questions")
    player.says("je veux savoir pour ma carte et mes cotisations")
    assert player.step == "topic"
    assert 2 <= len(player.options) <= 4
    assert player.options[-1] == "topic:none"
    player.says("1")
    assert player.step == "told"


def test_where_and_whom_to_call_is_said_when_the_chamber_told_us() -> None:
    chamber = Chamber("0528000000", None, Named({"ar": "شارع محمد الخامس", "fr": "avenue Mohammed V"}))
    player = Player("fr", replace(world(), chamber=chamber))
    said = player.says("ou se trouve la chambre d'artisanat")
    assert "avenue Mohammed V" in said.text
    assert "0528000000" in said.text
    assert "Adresse" not in Player("fr").says("ou se trouve la chambre d'artisanat").text


def test_why_gives_texts_and_the_sum_and_the_options_again() -> None:
    player = at("rsu_score", "fr")
    player.presses("rsu_score:unsure")
    options = player.options
    said = player.presses("result:why")
    assert "loi 50-17" in said.text
    assert "6,37\u00a0% × 0,75 × 17,92 × 2288 ÷ 12 = 163,24" in said.text
    assert "décret 2.25.983" in said.text  # the SMIG of 2026
    assert "En 2021, au début du régime, c'était 135" in said.text
    assert player.options == options
    assert "⁨6,37\u00a0% × 0,75 × 17,92 × 2288 ÷ 12 = 163,24⁩" in arabic_why()


def arabic_why() -> str:
    player = at("rsu_score", "ar")
    player.presses("rsu_score:unsure")
    return player.presses("result:why").text


def test_the_sheet_comes_with_the_options_again() -> None:
    player = at("rsu_score", "ar")
    player.presses("rsu_score:unsure")
    said = player.presses("result:card")
    assert [media.kind for media in said.media] == ["card"]
    assert player.step == "result"


@pytest.mark.parametrize(("said", "kept"), [("35", 35), ("36", None), ("90", None), ("0", 0)])
def test_nobody_practised_longer_than_she_lives(said: str, kept: int | None) -> None:
    player = at("practice_years", "fr")  # she is 35
    told = player.says(said)
    if kept is None:
        assert player.step == "practice_years"
        assert "dépasse votre âge" in told.text
        assert "personne" in told.text
    else:
        assert player.answers["practice_years"] == kept


def test_an_age_corrected_below_the_years_asks_them_again() -> None:
    player = at("rsu_score", "fr")
    player.presses("rsu_score:unsure")
    player.presses("result:edit")
    player.presses("edit:practice_years")
    player.says("20")
    player.presses("result:edit")
    player.presses("edit:age")
    player.says("19")
    assert player.step == "practice_years"


def test_before_the_first_rule_no_amount_and_a_person() -> None:
    player = Player("fr", replace(world(), today=date(2020, 12, 31)))
    said = player.presses("menu:eligibility")
    assert "date de notre machine est fausse" in said.text
    assert player.options == ["no_rules:person", "no_rules:menu"]
    assert "DH" not in said.text


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_employee_and_cpu_payer_hears_a_person_and_no_amount(language: str) -> None:
    player = Player(language)
    player.presses("menu:eligibility")
    said = player.walk({**POTTER, "work": "employee", "declared": "yes", "tax_status": "cpu"})
    assert not any(word in said.text for word in ("حوالي", "Environ"))
    assert any(word in said.text for word in ("موظف من الغرفة يدرس", "une personne de la chambre regarde"))


SAID = [
    ("work", "je suis retraité de la cnss"),
    ("work", "عندي جوج خدمات"),
    ("work", "je suis salarié et artisan"),
    ("work", "أنا متقاعد"),
    ("cover", "je n'ai plus mon assurance"),
    ("cover", "معاشي فالصندوق"),
    ("cover", "حيدو ليا تضامن"),
    ("tax_status", "je paie mes cotisations cnss"),
    ("in_rna", "ma carte d'artisan"),
]


@pytest.mark.parametrize(("step", "words"), SAID)
def test_what_is_told_is_not_taken_for_a_question(step: str, words: str) -> None:
    """A statement in the middle of a form is an attempt at its answer, whatever it is about."""
    player = at(step, "fr")
    said = player.says(words)
    assert "Source :" not in said.text
    assert player.chat.open == "eligibility"


def test_after_three_questions_not_understood_a_person_is_offered() -> None:
    player = at("work", "fr")
    for _ in range(2):
        player.says("où déposer une réclamation contre la cnss ?")
    said = player.says("où déposer une réclamation contre la cnss ?")
    assert "3939" in said.text
    assert "Une personne de la chambre" in said.text or "personne" in said.text.partition("Source")[2]


@pytest.mark.parametrize(
    "words",
    [
        "بغيت نحبس الرسائل",
        "arretez de m'ecrire",
        "je ne veux plus recevoir vos messages",
        "7bso had lmissajat",
    ],
)
@pytest.mark.parametrize("step", ["menu", "cover", "result"])
def test_a_wish_for_no_more_messages_is_heard(words: str, step: str) -> None:
    player = Player("fr")
    if step == "cover":
        player = at("cover", "fr")
    elif step == "result":
        player = at("rsu_score", "fr")
        player.presses("rsu_score:unsure")
    assert "vous ne recevrez plus" in player.says(words).text
    player.says("menu" if step == "menu" else "répéter")
    assert player.step == step


@pytest.mark.parametrize("words", ["d'accord", "2+2", "AMO-1234", "ok merci bien", "2027"])
def test_what_says_nothing_is_no_question(words: str) -> None:
    assert "Source :" not in Player("fr").says(words).text


@pytest.mark.parametrize("said", ["0", "1", "2"])
def test_the_number_of_an_answer_is_no_score(said: str) -> None:
    player = at("rsu_score", "fr")
    player.says(said)
    assert player.step == "rsu_score"


def test_i_work_is_no_typo_of_i_do_not() -> None:
    player = at("work", "fr")
    player.says("je travaille en ce moment")
    assert player.answers.get("work") != "none"
    assert player.step != "sure" or "ne travaille pas" not in player.spoken.text


@pytest.mark.parametrize(
    ("said", "work"), [("trois", "cooperative"), ("واحد", "own_account"), ("tlata", "cooperative")]
)
def test_a_number_written_out_is_its_line(said: str, work: str) -> None:
    player = at("work", "fr")
    player.says(said)
    assert player.answers["work"] == work


@pytest.mark.parametrize(("said", "option"), [("pourquoi", "why"), ("علاش", "why"), ("image", "card"), ("pdf", "card")])
def test_the_result_knows_its_options_by_plain_names(said: str, option: str) -> None:
    player = at("rsu_score", "fr")
    player.presses("rsu_score:unsure")
    text = player.says(said).text
    assert ("Textes" in text or "Texte" in text) if option == "why" else "PDF" in text


def test_what_eligibility_asked_is_not_asked_again() -> None:
    player = at("rsu_score", "fr")
    player.presses("rsu_score:unsure")
    player.presses("result:register")
    told = {"trade": "C076", "practice_years": 5, "tax_status": "none", "cover": "none", "in_rna": "no"}
    assert player.answers == {**told, "work": "own_account"}
    for said in ("oui", "moi", "Essai", "homme", "25/12/1990", "0612345678", "Guelmim", "maison", "non", "0"):
        player.says(said)
        assert player.step not in told
    # the summary tells it, and it may be corrected
    assert "Poterie" in player.spoken.text
    assert "check:confirm" in player.options
