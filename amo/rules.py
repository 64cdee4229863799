"""Where each rule and each answer comes from: rows of the procedure, texts, marks."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).with_name("rules.toml")
MARKS = ("law", "official", "reference", "press", "inference")
"""How sure a source is, the surest first."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule id of an assessment: its row in the procedure, its texts, the facts it uses."""

    row: str
    texts: tuple[str, ...]
    mark: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a question people ask: its texts, how sure they are, the day it was read."""

    texts: tuple[str, ...]
    mark: str
    read_on: date


@dataclass(frozen=True, slots=True)
class Rules:
    """Texts by id, each named in both languages; rules and answers by id."""

    texts: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, Rule]
    answers: Mapping[str, Answer]

    def texts_of(self, reasons: Iterable[str]) -> tuple[str, ...]:
        """The texts some reasons rest on, each once, in order."""
        return tuple(dict.fromkeys(text for reason in reasons for text in self.rules[reason].texts))


def load(path: Path = HERE) -> Rules:
    """Read the rules' sources. OSError, tomllib.TOMLDecodeError, KeyError when one is incomplete."""
    raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    rules = {
        id: Rule(each["row"], tuple(each["texts"]), each["mark"], tuple(each["facts"]))
        for id, each in raw["rules"].items()
    }
    answers = {id: Answer(tuple(each["texts"]), each["mark"], each["read_on"]) for id, each in raw["answers"].items()}
    return Rules(raw["texts"], rules, answers)
