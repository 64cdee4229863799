"""A person's name, in Arabic, Latin or Tifinagh letters."""

import unicodedata
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.language.texts import ARABIC_LETTERS, LATIN_LETTERS, TIFINAGH, tidy
from conversations.language.understand import fold, said_as
from conversations.values import Named, Say

LONGEST_NAME = 100
NO_NAMES = ("answer.yes", "answer.no", "answer.unsure")
MARKS = 6  # vowel signs a word may carry before it is no name
NAME_GAP = " -'’ʼ.ـ·\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Name(Kind):
    """Two letters at least, a hundred at most, no digit, no sign of a formula or a page."""

    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        spellings = asked.case.context.spellings
        if said_as(words, NO_NAMES, spellings) is not None:
            return Unclear("not_a_name", own=False)
        text = _bare(tidy(words), spellings.get("name.opener", ()))
        if "\n" in text:
            return Unclear("two_lines", own=False)
        letters = [c for c in text if unicodedata.category(c)[0] == "L" and c != "ـ"]
        marks = sum(unicodedata.category(c)[0] == "M" for c in text)
        if any(unicodedata.category(c)[0] == "N" for c in text):
            return Unclear("digits", own=False)
        if len(letters) < 2 or len(text) > LONGEST_NAME or marks > max(MARKS, len(letters)):
            return Unclear("not_a_name", own=False)
        if not all(c in letters or c in NAME_GAP or unicodedata.category(c)[0] == "M" for c in text):
            return Unclear("not_a_name", own=False)
        if len(unicodedata.normalize("NFKC", text)) > LONGEST_NAME:
            return Unclear("not_a_name", own=False)
        scripts = [s for s in (ARABIC_LETTERS, LATIN_LETTERS, TIFINAGH) if s.search(text)]
        known = sum(bool(s.match(c)) for c in letters for s in scripts)
        # another script, or two in one name: said back before it counts
        return Got(text) if len(scripts) == 1 and known == len(letters) else Maybe(text)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and 2 <= len(value) <= LONGEST_NAME

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(value)


def _bare(text: str, openers: tuple[str, ...]) -> str:
    """A name without what people put before it: my name is, I am."""
    words = text.split(" ")
    for count in (3, 2, 1):
        if len(words) > count and fold(" ".join(words[:count])) in openers:
            return " ".join(words[count:])
    return text
