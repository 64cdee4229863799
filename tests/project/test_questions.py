"""A typed question finds its answer: figures on questions written before anything was tuned, by somebody
who had seen neither the examples nor the words (tests/data/faq/unseen.tsv).
"""

import csv
import json
from pathlib import Path

import pytest

from conversations.language.spelling import bones
from conversations.questions.flow import TOPICS
from conversations.questions.match import OFF_TOPIC, STOP
from handlers.terminal.faq import topics_of_lines
from tests.desks import facts, topics, world

ROOT = Path(__file__).parent.parent.parent
UNSEEN = [
    line.split("\t")
    for line in (ROOT / "tests" / "data" / "faq" / "unseen.tsv").read_text(encoding="utf-8").splitlines()
]
with (ROOT / "data" / "questions.csv").open(encoding="utf-8", newline="") as opened:
    EXAMPLES = list(csv.DictReader(opened))


WORDS_OF_THE_DESK = {f"word.{word}" for word in ("about", "erase", "file", "hello", "person", "thanks")}


def read(name: str) -> list[list[str]]:
    """A set of tests/data/faq: label and question, or a question alone."""
    lines = (ROOT / "tests" / "data" / "faq" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines]


@pytest.mark.parametrize("name", ["near", "near2", "near3", "near4", "near5"])
def test_a_question_near_the_subject_that_nothing_answers_is_not_answered_as_sure(name: str) -> None:
    """At most 2 %: none was used as an example. Each set was written by somebody who saw only the topics' names."""
    questions = [line[0] for line in read(name)]
    sure = [(words, topics().rank(words)[0][0]) for words in questions if topics().rank(words)[1]]
    print(f"\n{name}: {len(sure)} of {len(questions)} answered as sure")
    assert len(questions) >= 148
    assert len(sure) / len(questions) <= 0.02, sure


@pytest.mark.parametrize(("name", "first", "wrong"), [("unseen2", 0.9, 2), ("unseen3", 0.95, 1), ("unseen4", 0.9, 3)])
def test_the_topics_that_came_later_find_their_answers(name: str, first: float, wrong: int) -> None:
    found = [(topic, *topics().rank(words)) for topic, words in read(name)]
    right = sum(ids[:1] == (topic,) for topic, ids, _ in found) / len(found)
    sure = [(topic, ids[0]) for topic, ids, is_sure in found if is_sure and ids[0] != topic]
    print(f"\n{name}: {len(found)} questions, top-1 {right:.1%}, sure and wrong {len(sure)}")
    assert right >= first
    assert len(sure) <= wrong, sure


@pytest.mark.parametrize("name", ["guards", "guards2", "guards3"])
def test_who_is_in_trouble_is_heard_before_any_question_is_looked_for(name: str) -> None:
    missed = [(guard, words) for guard, words in read(name) if topics().rank(words) != ((guard,), True)]
    assert missed == []


@pytest.mark.parametrize("name", ["not_guards", "not_guards2", "not_guards3"])
def test_what_only_has_the_same_words_is_no_guard(name: str) -> None:
    """Of `not_guards3` two are names of people, which a form that asks for a name takes (`test_asked_badly`)."""
    names = {"الشفار مبارك", "Cheffar Abdelouahed"}
    assert [line[0] for line in read(name) if topics().guard(line[0]) is not None and line[0] not in names] == []


def test_no_trade_and_no_commune_is_a_guard() -> None:
    """A knife grinder who says what she does is in no danger."""
    said = []
    for name in ("crafts", "crafts_also", "communes"):
        with (ROOT / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
            said += [words for row in csv.reader(rows) for cell in row for words in (cell, *cell.split("|"))]
    assert len(said) > 5000
    assert [words for words in said if topics().guard(words) is not None] == []


def test_the_unseen_half_finds_its_answers() -> None:
    ours = [(topic, topics().rank(words)[0]) for topic, _, words in UNSEEN if topic != OFF_TOPIC]
    others = [topics().rank(words)[0] for topic, _, words in UNSEEN if topic == OFF_TOPIC]
    first = sum(found[:1] == (topic,) for topic, found in ours) / len(ours)
    three = sum(topic in found[:3] for topic, found in ours) / len(ours)
    declined = sum(not found for found in others) / len(others)
    print(
        f"\n{len(ours)} questions: top-1 {first:.1%}, top-3 {three:.1%}; {len(others)} others: declined {declined:.0%}"
    )
    assert len(ours) >= 75
    assert len(others) == 48
    assert first >= 0.94
    assert three >= 0.96
    assert declined >= 0.85


def test_a_sure_answer_is_right() -> None:
    sure = [(topic, topics().rank(words)) for topic, _, words in UNSEEN]
    wrong = [(topic, found) for topic, (found, is_sure) in sure if is_sure and found[0] != topic]
    assert len(wrong) <= 3, wrong


def test_the_unseen_half_is_unseen() -> None:
    assert not {words for _, _, words in UNSEEN} & {row["words"] for row in EXAMPLES}


def test_there_are_examples_of_every_topic_and_only_of_topics() -> None:
    known = {row["topic"] for row in EXAMPLES}
    assert known == {*TOPICS, OFF_TOPIC, STOP, *WORDS_OF_THE_DESK}
    assert {topic for topic, _, _ in UNSEEN} <= {*TOPICS, OFF_TOPIC, "guard.illness", "word.about"}
    assert set(TOPICS) == set(facts().rules.answers)
    assert len(EXAMPLES) >= 150


@pytest.mark.parametrize(
    "words", ["", " ", "؟؟؟", "1", "😀", "x" * 5000, "\u202e\u2068", "\x00", "ا", "a b c", "½²", "-" * 400]
)
def test_odd_input_is_declined_not_raised(words: str) -> None:
    assert topics().rank(words) == ((), False)


@pytest.mark.parametrize(
    ("arabic", "latin"),
    [("خلصت", "khlst"), ("خلصت", "khelest"), ("الحقوق", "l7o9o9"), ("اشتراك", "ichtirak")],
)
def test_both_scripts_have_the_same_bones(arabic: str, latin: str) -> None:
    assert bones(arabic)[-3:] == bones(latin)[-3:]


def test_lines_in_lines_out() -> None:
    shown: list[str] = []
    topics_of_lines(
        ["chhal khassni nkhles f chhar\n", "\n", "chkoun rbe7 lmatch dyal lbar7\n"],
        topics(),
        world().spellings,
        shown.append,
    )
    read = [json.loads(line)["topics"] for line in shown]
    assert read[0][0] == "how_much"
    assert read[1:] == [[], []]
