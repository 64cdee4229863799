"""No more messages, messages again, thanks and okay: as people write them, in four ways of writing."""

from functools import cache
from pathlib import Path

import pytest

from conversations.language.wishes import okay, thanks, wants_messages_again, wants_no_messages
from tests.desks import world
from tests.players import Player, at
from tests.usual import ELIGIBILITY

FOLDER = Path(__file__).parent.parent.parent / "data" / "words"
# The wordings of public reports of other systems.
REPORTED = (
    "إلغاء الاشتراك", "الغاء الاشتراك", "7ydoni", "حيدوني من هنا", "ماتبقاوش تصيفطو ليا", "stoppez", "me désinscrire",
    "STOPALL", "CANCEL", "end", "stop stop", "safi baraka", "baraka 3lina", "قف", "بلوك",
)  # fmt: skip


@cache
def lines(name: str) -> tuple[str, ...]:
    """A set written by somebody who had seen none of ours."""
    return tuple((FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines())


# A word alone that is also how one says no to something else.
TOO_SHORT = "إلغاء"


@pytest.mark.parametrize("words", [*REPORTED, *(each for each in lines("stop") if each != TOO_SHORT)])
def test_a_wish_for_no_more_messages(words: str) -> None:
    assert wants_no_messages(words, world().spellings)


@pytest.mark.parametrize("words", lines("not_stop"))
def test_what_looks_like_it_is_none(words: str) -> None:
    assert not wants_no_messages(words, world().spellings)


@pytest.mark.parametrize("words", lines("back"))
def test_a_wish_for_the_messages_again(words: str) -> None:
    assert wants_messages_again(words, world().spellings)


@pytest.mark.parametrize("words", lines("not_stop"))
def test_what_stops_nothing_brings_nothing_back(words: str) -> None:
    assert not wants_messages_again(words, world().spellings)


@pytest.mark.parametrize("step", [each.step for each in ELIGIBILITY])
@pytest.mark.parametrize(
    "words", ["stop", "ne m'envoyez plus rien", "ما بقيتوش تصيفطو ليا", "7bso 3liya had les messages"]
)
def test_it_is_heard_at_every_step(step: str, words: str) -> None:
    player = at(step, "fr")
    before = player.answers
    assert "vous ne recevrez plus" in player.says(words).text
    assert player.answers == before
    player.says("répéter")
    assert player.step == step  # the place is kept


def test_it_is_heard_where_free_words_are_the_answer() -> None:
    player = Player("fr")
    player.presses("menu:register")
    player.presses("consent:yes")
    player.presses("whom:me")
    assert "name" not in player.answers
    assert "vous ne recevrez plus" in player.says("enlevez mon numéro de votre liste").text
    assert "name" not in player.answers


@pytest.mark.parametrize(
    "words",
    ["شكرا بزاف", "merci beaucoup", "merci bien mes frères", "chokran bzaf", "الله يرحم الوالدين", "شكرا خويا"],
)
def test_thanks_get_a_kind_word(words: str) -> None:
    assert thanks(words, world().spellings)
    player = at("work", "fr")
    said = player.says(words).text
    assert "Avec plaisir" in said
    assert "pas compris" not in said
    assert player.step == "work"


@pytest.mark.parametrize("words", ["ok", "صافي", "واخا", "👍", "🙏🏽", "❤️", "d'accord", "c'est bon", "mzyan"])
def test_an_okay_gets_a_short_word_and_no_complaint(words: str) -> None:
    assert okay(words, world().spellings)
    player = at("trade", "fr")
    said = player.says(words).text
    assert "Entendu" in said
    assert "pas compris" not in said
    assert player.step == "trade"


@pytest.mark.parametrize(
    "words", ["merci, combien je paie ?", "non merci je veux savoir combien on paie par mois", "😡", "?"]
)
def test_what_says_more_is_neither(words: str) -> None:
    assert not thanks(words, world().spellings)
    assert not okay(words, world().spellings)
