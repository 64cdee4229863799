"""The words of a broadcast: a text with placeholders, each filled for its person later."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import override

from conversations.forms.flow import Asked, Got, Unclear, Understood
from conversations.forms.kinds.words import Words, too_long
from conversations.language.texts import tidy
from conversations.language.understand import fold

PLACEHOLDERS = ("name", "commune", "session")
FIELD = re.compile(r"\{(name|commune|session)\}")  # as the desk keeps them
TYPED = re.compile(r"\[([^\[\]\n]{1,40})\]|\{([^{}\n]{1,40})\}|<([^<>\n]{1,40})>")  # as people type them
STRAY_BRACKET = re.compile(r"[\[\]{}<>]")


@dataclass(frozen=True, slots=True)
class Message(Words):
    """Text of at most `longest` characters; `[first name]`, `[commune]` and `[meeting]` are its placeholders.

    Kept as it was typed; `canonical` names the placeholders.
    """

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        text = tidy(words)
        known = canonical(text, asked.case.context.spellings)
        if known is None:
            return Unclear("unknown_blank", own=False)
        without = FIELD.sub(" ", known)
        if without == known:
            return Words.read(self, words, asked)
        found = Words.read(self, without, asked)
        if isinstance(found, Unclear):
            return found
        return Got(text) if len(text) <= self.longest else too_long(len(text), self.longest)


def canonical(text: str, spellings: Mapping[str, Sequence[str]]) -> str | None:
    """The text with its placeholders as the desk keeps them; None when it has one nobody knows."""
    unknown = False

    def named(match: "re.Match[str]") -> str:
        nonlocal unknown
        said = fold(next(group for group in match.groups() if group is not None))
        for blank in PLACEHOLDERS:
            if said == blank or said in spellings.get(f"blank.{blank}", ()):
                return f"{{{blank}}}"
        unknown = True
        return ""

    found = TYPED.sub(named, text)
    return None if unknown or STRAY_BRACKET.search(FIELD.sub("", found)) else found
