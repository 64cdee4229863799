"""Free words: a text in a script of its own, of a sensible length, with no placeholder left in it."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Step, Unclear, Understood
from conversations.forms.kinds.choice import option_spellings
from conversations.language.texts import script, tidy
from conversations.language.understand import choose
from conversations.values import Named, Say

BLANK = re.compile(r"[{}]|\[[^\]]*\]|<[^>]*>")
SHORTEST = 2


def too_long(length: int, most: int) -> Unclear:
    """How long it is, and how long it may be."""
    placeholders = {"length": Named.same(str(length)), "most": Named.same(str(most))}
    return Unclear("too_long", own=False, placeholders=placeholders)


@dataclass(frozen=True, slots=True)
class Words(Kind):
    """Text of at most `longest` characters; `written`: the script it must be in, `ar` or `fr`."""

    longest: int
    written: str | None = None

    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        own = [(id, option_spellings(asked, id)) for id in asked.shown]
        found = choose(words, own, asked.case.context.spellings) if own else None
        if found is not None and found.sure:
            return Got(found.id)
        text = tidy(words)
        if len(text) < SHORTEST or script(text) is None:
            return Unclear("empty", own=False)
        if len(text) > self.longest:
            return too_long(len(text), self.longest)
        if self.written is not None and script(text) != self.written:
            return Unclear("script", own=False)
        if BLANK.search(text):
            return Unclear("blank", own=False)
        return Got(text)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and SHORTEST <= len(value) <= self.longest

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Named.same(value)
