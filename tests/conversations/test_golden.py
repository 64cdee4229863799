"""Whole conversations in both languages, for a clerk to read and sign.

`make transcripts` writes them anew; read the difference before it lands.
"""

import pytest

from conversations.desk.effects import KeepOutcome
from conversations.values import Spoken
from handlers.terminal.play import drawn
from tests.players import Player
from tests.recorded import FOLDER, compare

OWN = {"work": "own_account", "age": 35, "cover": "none", "in_rna": "no", "trade": "C076"}
DONE = {"practice_years": 5, "rsu_score": "unsure"}

# One walk for each outcome; the words typed are those of the step's ids where there is no button.
WALKS: dict[str, dict[str, object]] = {
    "tns_artisan": {**OWN, "tax_status": "none", **DONE},
    "tns_artisan_master_covered": {
        **OWN, "cover": "tns", "tax_status": "none", "in_rna": "unsure", "practice_years": 22,
    },
    "tns_artisan_with_tadamon": {**OWN, "cover": "tadamon", "tax_status": "none", "in_rna": "yes"},
    "tns_artisan_low_score": {**OWN, "tax_status": "none", "practice_years": 4, "rsu_score": "9.1"},
    "tns_cpu": {**OWN, "tax_status": "cpu", "annual_tax": "1001_2500", **DONE},
    "tns_cpu_tax_unknown": {**OWN, "tax_status": "cpu", "annual_tax": "unsure", **DONE},
    "tns_auto_entrepreneur": {
        **OWN, "tax_status": "auto_entrepreneur", "activity": "goods", "turnover_goods": "to_200000", **DONE,
    },
    "tns_auto_entrepreneur_at_least": {
        **OWN, "tax_status": "auto_entrepreneur", "in_rna": "yes", "activity": "services",
        "turnover_services": "unsure", "rsu_score": "unsure",
    },
    "tns_accounts_simplified": {**OWN, "tax_status": "accounts_simplified", **DONE},
    "tns_accounts_real": {**OWN, "tax_status": "accounts_real", "net_profit": "over_100000", **DONE},
    "employee": {"work": "employee", "age": 30, "declared": "yes", "tax_status": "none", "in_rna": "no"},
    "employee_undeclared": {"work": "cooperative", "age": 30, "declared": "no"},
    "pensioner": {"work": "none", "makes": "no", "age": 63, "cover": "pensioner", "tax_status": "none", "in_rna": "no"},
    "other_cover": {**OWN, "cover": "other"},
    "dependant": {"work": "own_account", "age": 40, "cover": "dependant", "tax_status": "none", "in_rna": "no"},
    "undetermined_helper": {"work": "helper", "age": 19, "cover": "none"},
    "undetermined_tax": {**OWN, "tax_status": "unsure", **DONE},
    "undetermined_jeweller": {**OWN, "tax_status": "cpu", "trade": "C001", **DONE},
    "outside_crafts": {**OWN, "tax_status": "none", "trade": "other", **DONE},
    "not_yet": {**OWN, "tax_status": "none", "practice_years": 1, "has_diploma": "no"},
    "open_registration": {"work": "none", "makes": "no", "age": 33, "cover": "none", "tax_status": "auto_entrepreneur"},
    "minor": {"work": "own_account", "age": 16, "cover": "none"},
    "no_activity": {
        "work": "none", "makes": "no", "age": 33, "cover": "none", "tax_status": "none", "in_rna": "no", "rsu_score": "unsure",
    },
    "tadamon": {
        "work": "none", "makes": "no", "age": 33, "cover": "none", "tax_status": "none", "in_rna": "no", "rsu_score": "9.2",
    },
    "achamil": {
        "work": "none", "makes": "no", "age": 33, "cover": "none", "tax_status": "none", "in_rna": "no", "rsu_score": "9.85",
    },
    "no_work": {"work": "unsure"},
}  # fmt: skip
TROUBLE = [
    ">sticker", "language:", "menu:eligibility", ">voice", "؟؟؟", "work:own_account", "xyz", "zzz", "²", "35",
    "work:employee", "sure:no", "القائمة", "menu:eligibility", "draft:continue", "cover:how", "موظف",
    "عندي سؤال", "رجوع", "توقف", "مساعدة",
]  # fmt: skip


class Transcript:
    """What was said on both sides, a paragraph each."""

    def __init__(self, language: str) -> None:
        self.lines: list[str] = []
        self.player = Player()
        self._heard("/start", self.player.spoken)
        if language:
            self.press(f"language:{language}")

    def press(self, data: str) -> None:
        label = next((b.label for b in self.player.spoken.options if b.data.startswith(data + ":")), f"({data})")
        self._heard(f"[{label}]", self.player.presses(data))

    def say(self, words: str) -> None:
        self._heard(words, self.player.says(words))

    def send(self, media: str) -> None:
        self._heard(f"({media})", self.player.sends(media))

    def _heard(self, said: str, spoken: Spoken) -> None:
        self.lines += [f"──── {said}", "", drawn(spoken), ""]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("outcome", list(WALKS))
def test_outcome(outcome: str, language: str) -> None:
    told = Transcript(language)
    told.press("menu:eligibility")
    answers = WALKS[outcome]
    while told.player.step not in ("result", "no_work"):
        step = told.player.step
        value = answers[step]
        if f"{step}:{value}" in told.player.options:
            told.press(f"{step}:{value}")
        elif step == "trade":
            told.say(
                {"ar": "فخار", "fr": "potier"}[language] if value == "C076" else {"ar": "فضة", "fr": "argent"}[language]
            )
            told.press(f"trade:{value}")
        else:
            told.say(str(value))
    reached = told.player.decision.effects
    if told.player.step == "result":
        told.press("result:why")
    compare(f"{outcome}.{language}", told.text)
    regime = outcome.split(".")[0]
    assert reached == (KeepOutcome("eligibility", "no_work" if regime == "no_work" else "result"),)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_trouble_on_the_way(language: str) -> None:
    told = Transcript("")
    for step in TROUBLE:
        if step.startswith(">"):
            told.send(step[1:])
        elif step == "language:":
            told.press(f"language:{language}")
        elif ":" in step:
            told.press(step)
        else:
            told.say(step)
    compare(f"trouble.{language}", told.text)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_who_is_in_trouble_is_answered_and_told_what_to_do_next(language: str) -> None:
    """Thirty questions of a widow, of who is divorced, ill, cheated, beaten, in debt."""
    lines = (FOLDER.parent / "data" / "distress.tsv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 30
    told: list[str] = []
    for line in lines:
        asked = Transcript(language)
        asked.say(line.split("\t")[language == "ar"])
        told += asked.lines[-4:]
    compare(f"distress.{language}", "\n".join(told))


def test_no_transcript_is_left_over() -> None:
    names = {
        f"{name}.{language}"
        for name in (*WALKS, "trouble", "distress", "whatsapp", "session", "plurals", "questions", "file", "day")
        for language in ("ar", "fr")
    }
    assert {path.stem for path in FOLDER.glob("*.txt")} == names
