"""How the desk writes: short, whole in one direction, right in the plural."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations.flows import FLOWS
from conversations.forms import engine
from conversations.forms.flow import Case, Place, begin
from conversations.forms.prompts import question
from conversations.questions.flow import TOPICS
from conversations.values import Named, Reply, Say
from handlers.terminal.play import drawn
from tests.desks import words, world
from tests.project.catalogues import catalogue
from tests.recorded import compare

LONGEST = 350
GOLDEN = Path(__file__).parent.parent / "golden"
# A result may be longer: it is what the person came for, and it is kept.
RESULTS = ("eligibility.result.", "eligibility.why.", "eligibility.card.", "factcheck.")
OTHER_WAY = {"ar": re.compile(r"[A-Za-zÀ-ÿ]"), "fr": re.compile(r"[\u0600-\u06ff]")}
ISOLATED = re.compile("\u2068[^\u2068\u2069]*\u2069")
FLIPS = re.compile(r"[0-9][\u00a0\u202f .,/:-][0-9]|[0-9]\s?%|\+[0-9]")
NUMBERS = (0, 1, 2, 3, 11, 100, 102)
BLANK = re.compile(r"\{(\w+)\}")


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence of a language, its placeholders filled with something of the other direction."""
    for entry in catalogue(language):
        if entry.msgid.endswith(".also"):
            continue
        forms = " ".join([entry.msgstr, *entry.msgstr_plural.values()])
        placeholders = dict.fromkeys(BLANK.findall(forms), Named({"ar": "الغرفة CNSS", "fr": "la CNSS الضمان"}))
        for count in NUMBERS if entry.msgid_plural else (None,):
            yield entry.msgid, words().say(Say(entry.msgid, placeholders, count), language)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_nothing_of_the_other_direction_stands_bare(language: str) -> None:
    for msgid, said in sentences(language):
        bare = ISOLATED.sub("", said)
        assert not OTHER_WAY[language].search(bare), (msgid, said)
        assert "\u2068" not in bare
        assert "\u2069" not in bare
        if language == "ar":
            assert not FLIPS.search(bare), (msgid, said)


def test_no_arabic_line_begins_in_latin_letters() -> None:
    """A phone that looks at the first letter only would turn the whole line round."""
    latin = re.compile(r"[A-Za-z].*[\u0600-\u06ff]")
    entries = [entry for entry in catalogue("ar") if not entry.msgid.endswith(".also")]
    lines = [(entry.msgid, line) for entry in entries for line in entry.msgstr.split("\n") if latin.match(line)]
    assert lines == []


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_a_message_is_short_unless_it_is_a_result(language: str) -> None:
    long = {
        msgid: len(said) for msgid, said in sentences(language) if not msgid.startswith(RESULTS) and len(said) > LONGEST
    }
    assert not long


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_answer_with_its_source_is_short(language: str) -> None:
    flow = FLOWS["questions"]
    for topic in TOPICS:
        turn = engine.ask_open(flow, begin(flow, {"topic": topic}), world())
        said = words().speak(turn.replies, language, "1").text
        assert len(said) <= LONGEST, (topic, len(said), said)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_question_with_its_words_is_short(language: str) -> None:
    for flow in FLOWS.values():
        for step in flow.steps:
            if step.says is not None:
                continue
            case = Case({"work": "none"}, world())
            reply = question(flow, Place(step, case, ()), step, {})
            said = words().speak((Reply(reply.text),), language, "1").text
            assert len(said) <= LONGEST, (flow.id, step.id)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_plurals_read_right(language: str) -> None:
    """Each sentence that counts, for 0, 1, 2, 3, 11, 100, 102: a transcript to read."""
    lines = []
    for entry in catalogue(language):
        if not entry.msgid_plural:
            continue
        lines += [f"──── {entry.msgid}", ""]
        for number in NUMBERS:
            forms = " ".join([entry.msgstr, *entry.msgstr_plural.values()])
            placeholders = {name: Named.same("…") for name in BLANK.findall(forms)} | {"number": number}
            lines.append(words().say(Say(entry.msgid, placeholders, number), language))
        lines.append("")
    compare(f"plurals.{language}", "\n".join(lines))


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_answer_reads_as_written(language: str) -> None:
    """All the answers to the questions people ask: a transcript to read."""
    flow, lines = FLOWS["questions"], []
    for topic in TOPICS:
        turn = engine.ask_open(flow, begin(flow, {"topic": topic}), world())
        name = words().say(Say(f"questions.name.{topic}"), language)
        lines += [f"──── {name}", "", drawn(words().speak(turn.replies, language, "1")), ""]
    compare(f"questions.{language}", "\n".join(lines))
