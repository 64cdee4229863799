"""The desk in ids: language, menu, words valid everywhere, stale and double presses, a person."""

import pytest

from conversations.desk.effects import AskPerson, KeepOutcome, PassOn, Stop
from conversations.values import Heard
from tests.players import POTTER, Player, at, finished


def test_the_first_thing_is_the_language_in_both() -> None:
    player = Player()
    assert player.options == ["language:ar", "language:fr"]
    assert "السلام عليكم" in player.spoken.text
    assert "Bonjour" in player.spoken.text
    player.says("سؤال طويل عن التغطية")
    assert player.step == "language"


@pytest.mark.parametrize(
    ("said", "language"),
    [
        ("1", "ar"),
        ("٢", "fr"),
        ("2️⃣", "fr"),
        ("العربية", "ar"),
        ("francais", "fr"),
        ("françai", "fr"),
        ("darija", "ar"),
        (" 1) ", "ar"),
    ],
)
def test_the_language_is_understood(said: str, language: str) -> None:
    player = Player()
    player.says(said)
    assert player.chat.language == language
    assert player.step == "menu"


@pytest.mark.parametrize("step", list(POTTER))
@pytest.mark.parametrize("media", ["sticker", "voice", "photo", "contact", "place", "edited", "other"])
def test_anything_but_words_keeps_the_step(step: str, media: str) -> None:
    player = at(step)
    before = player.answers
    player.sends(media)
    assert (player.step, player.answers) == (step, before)
    assert len(player.decision.replies) == 2  # what came, and the question again: one message


@pytest.mark.parametrize("step", list(POTTER))
def test_back_forgets_one_answer_and_no_more(step: str) -> None:
    player = at(step)
    names = list(POTTER)
    if step == "work":
        player.says("رجوع")
        assert player.step == "menu"
        return
    player.says("retour")
    assert player.step == names[names.index(step) - 1]
    assert list(player.answers) == names[: names.index(step) - 1]


@pytest.mark.parametrize("step", list(POTTER))
def test_the_language_changes_at_any_step(step: str) -> None:
    player = at(step)
    before = player.answers
    player.says("en français")
    assert player.spoken.language == "fr"
    assert (player.step, player.answers) == (step, before)
    player.says("تغيير اللغة")
    assert player.spoken.language == "ar"
    assert (player.step, player.answers) == (step, before)


@pytest.mark.parametrize("step", ["work", "cover", "tax_status", "in_rna", "trade"])
def test_zero_is_back_at_a_choice(step: str) -> None:
    player = at(step)
    player.says("0")
    assert player.step != step


def test_zero_is_a_number_of_years() -> None:
    player = at("practice_years")
    player.says("٠")
    assert player.answers["practice_years"] == 0


@pytest.mark.parametrize("word", ["help", "hello", "thanks", "again"])
def test_a_word_that_asks_nothing_asks_again(word: str) -> None:
    player = at("cover")
    before = player.answers
    player.presses(f"word:{word}")
    assert (player.step, player.answers) == ("cover", before)


def test_a_command_word_inside_a_sentence_is_only_a_word() -> None:
    player = at("cover")
    player.says("حبست الخدمة ورجوع الفلوس")
    assert player.step == "cover"
    assert Stop() not in player.decision.effects


# -- presses ------------------------------------------------------------------------------------


def test_a_double_press_acts_once() -> None:
    player = at("age")
    before = player.answers
    player.presses("work:own_account")
    assert (player.step, player.answers) == ("age", before)


def test_a_stale_press_is_offered_as_a_correction() -> None:
    player = at("in_rna")
    player.presses("work:employee")
    assert player.options == ["sure:yes", "sure:no"]
    assert player.answers == {**player.answers, "work": "own_account"}
    player.presses("sure:no")
    assert player.step == "in_rna"
    player.presses("work:employee")
    player.says("نعم")
    assert player.answers["work"] == "employee"
    assert player.step == "declared"  # later answers are kept; only what it affects is asked
    assert player.answers["age"] == 35


def test_a_press_of_another_form_is_never_an_answer() -> None:
    player = at("cover")
    old = player.chat.form.draft
    player.says("من جديد")
    assert player.step == "work"
    player.presses("work:employee", draft=old)
    assert player.step == "work"
    assert player.answers == {}
    assert not player.decision.taken


@pytest.mark.parametrize("data", ["cover:nothing", "nothing:none", "result:edit", "sure:yes", "edit:work", "word:x"])
def test_a_forged_press_changes_nothing(data: str) -> None:
    player = at("cover")
    before = player.answers
    player.presses(data)
    assert (player.step, player.answers) == ("cover", before)


def test_the_menu_s_buttons_still_lead_on() -> None:
    player = Player("fr")
    welcome = player.chat.form.draft
    player.presses("menu:eligibility")
    player.presses("work:own_account")
    player.presses("menu:eligibility", draft=welcome)
    assert player.options == ["draft:continue", "draft:restart"]
    player.presses("draft:continue")
    assert player.step == "age"


def test_an_explaining_option_is_never_stored() -> None:
    player = at("tax_status")
    player.presses("tax_status:how")
    assert player.step == "tax_status"
    assert "tax_status" not in player.answers
    assert "بريد المغرب" in player.spoken.text
    player.says("8")  # the same option by its number
    assert player.step == "tax_status"


# -- correcting, pausing ------------------------------------------------------------------------


def test_one_answer_is_corrected_and_only_what_it_affects_is_asked() -> None:
    player = finished()
    player.presses("result:edit")
    assert player.options == [f"edit:{name}" for name in POTTER]
    player.presses("edit:practice_years")
    assert player.step == "practice_years"
    player.says("2")
    assert player.step == "has_diploma"
    player.presses("has_diploma:no")
    assert KeepOutcome("eligibility", "result") in player.decision.effects
    assert "السجل الوطني" in player.spoken.text


def test_back_from_a_correction_restores_the_answer() -> None:
    player = finished()
    player.presses("result:edit")
    player.says("1")
    assert player.step == "work"
    player.says("رجوع")
    assert player.step == "result"
    assert player.answers["work"] == "own_account"


def test_the_result_is_not_finished_twice() -> None:
    player = finished()
    player.says("شكرا")
    assert player.decision.effects == ()
    assert player.step == "result"


def test_coming_back_offers_to_continue_or_start_again() -> None:
    player = at("trade", "fr")
    player.says("/start")
    assert player.options == ["draft:continue", "draft:restart"]
    player.says("1")
    assert player.step == "trade"
    player.says("menu")
    player.presses("menu:eligibility")
    player.says("recommencer")
    assert player.step == "work"
    assert player.answers == {}


def test_three_failures_offer_a_person() -> None:
    player = at("age")
    offered = []
    for said in ("؟؟", "xyz", "²"):
        player.says(said)
        offered.append("desk.offer_person" in str(player.decision.replies))
        assert player.step == "age"
    assert offered == [False, False, True]


# -- a person, stop -----------------------------------------------------------------------------


def test_a_person_takes_over_until_the_menu() -> None:
    player = at("cover")
    player.says("بغيت نهضر مع شي واحد")
    assert AskPerson() in player.decision.effects
    player.says("1")
    assert player.decision.effects == (PassOn(Heard("1")),)
    player.sends("photo")
    assert isinstance(player.decision.effects[0], PassOn)
    player.says("القائمة")
    assert not player.chat.with_person
    assert player.step == "menu"
    player.presses("menu:eligibility")
    player.presses("draft:continue")
    assert player.step == "cover"


def test_back_from_a_person_is_where_one_was() -> None:
    player = at("cover")
    player.presses("word:person")
    player.says("رجوع")
    assert player.step == "cover"


def test_without_work_a_person_is_offered() -> None:
    player = at("work")
    player.presses("work:unsure")
    assert KeepOutcome("eligibility", "no_work") in player.decision.effects
    assert player.options[0] == "no_work:person"
    player.presses("no_work:person")
    assert AskPerson() in player.decision.effects


@pytest.mark.parametrize("said", ["STOP", "stop.", "توقف", "Arrêt", "désabonner", "توقف من فضلك"])
def test_stop_is_heard_at_any_step(said: str) -> None:
    player = at("trade")
    before = player.answers
    player.says(said)
    assert Stop() in player.decision.effects
    player.says("question")
    assert player.answers == before


@pytest.mark.parametrize("said", ["safi", "صافي", "waxa", "خلاص", "baraka", "annulation", "7bes khdma"])
def test_what_only_looks_like_stop_is_not(said: str) -> None:
    player = at("cover")
    player.says(said)
    assert Stop() not in player.decision.effects
    assert player.step in ("cover", "sure")


def test_stop_before_anything_else() -> None:
    player = Player()
    player.chat = type(player.chat)()
    player.says("stop")
    assert Stop() in player.decision.effects


def test_zero_is_back_from_a_guess_even_at_a_number() -> None:
    player = at("age")
    player.presses("work:employee")
    assert player.step == "sure"
    player.says("0")
    assert player.step == "age"
    assert player.answers["work"] == "own_account"


def test_a_button_pressed_while_a_person_answers_is_told_to_nobody() -> None:
    player = at("cover")
    player.presses("word:person")
    player.presses("cover:none")
    assert not any(isinstance(effect, PassOn) for effect in player.decision.effects)
    assert player.chat.with_person


def test_after_stop_a_digit_answers_nothing() -> None:
    player = finished()
    player.says("توقف")
    player.says("1")
    assert AskPerson() not in player.decision.effects
    assert player.step == "result"


def test_the_result_is_not_read_out_again_for_a_thank_you() -> None:
    player = finished()
    whole = len(player.spoken.text)
    player.says("merci")
    assert len(player.spoken.text) < whole / 3
    assert player.options[0] == "result:register"
    player.says("إعادة السؤال")
    assert len(player.spoken.text) == whole


@pytest.mark.parametrize("data", ["edit:language", "language:xx", "menu:nothing", "edit:menu"])
def test_forged_presses_at_the_welcome(data: str) -> None:
    for player in (Player(), Player("fr")):
        step = player.step
        player.presses(data)
        assert player.step == step


@pytest.mark.parametrize("value", ["9" * 40, "9999999999999", "1e5", "-5", "1.999"])
def test_a_forged_amount_is_no_answer(value: str) -> None:
    player = Player("fr")
    player.presses("menu:eligibility")
    for data in (
        "work:own_account",
        "age:unsure",
        "cover:none",
        "tax_status:accounts_real",
        "in_rna:no",
        "trade:C120",
    ):
        player.presses(data)
    assert player.step == "net_profit"
    player.presses(f"net_profit:{value}")
    assert player.step == "net_profit"


def test_a_forged_score_is_no_answer() -> None:
    player = at("rsu_score")
    player.presses("rsu_score:9")
    assert player.step == "rsu_score"


def test_a_wall_of_one_letter_costs_no_time() -> None:
    import time

    player = at("trade")
    player.context.topics.rank("amo")  # learned once, at the start
    began = time.thread_time()
    player.says("\ufdfa" * 4096)
    assert time.thread_time() - began < 0.2
