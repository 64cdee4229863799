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
from tests.desks import facts, topics

ROOT = Path(__file__).parent.parent.parent
UNSEEN = [
    line.split("\t")
    for line in (ROOT / "tests" / "data" / "faq" / "unseen.tsv").read_text(encoding="utf-8").splitlines()
]
with (ROOT / "data" / "questions.csv").open(encoding="utf-8", newline="") as opened:
    EXAMPLES = list(csv.DictReader(opened))


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
    assert len(others) == 50
    assert first >= 0.85
    assert three >= 0.95
    assert declined >= 0.90


def test_a_sure_answer_is_right() -> None:
    sure = [(topic, topics().rank(words)) for topic, _, words in UNSEEN]
    wrong = [(topic, found) for topic, (found, is_sure) in sure if is_sure and found[0] != topic]
    assert len(wrong) <= 3, wrong


def test_the_unseen_half_is_unseen() -> None:
    assert not {words for _, _, words in UNSEEN} & {row["words"] for row in EXAMPLES}


def test_there_are_examples_of_every_topic_and_only_of_topics() -> None:
    known = {row["topic"] for row in EXAMPLES}
    assert known == {*TOPICS, OFF_TOPIC, STOP}
    assert {topic for topic, _, _ in UNSEEN} == {*TOPICS, OFF_TOPIC}
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
    topics_of_lines(["chhal khassni nkhles f chhar\n", "\n", "chkoun rbe7 lmatch dyal lbar7\n"], topics(), shown.append)
    read = [json.loads(line)["topics"] for line in shown]
    assert read[0][0] == "how_much"
    assert read[1:] == [[], []]
