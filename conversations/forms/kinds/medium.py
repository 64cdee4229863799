"""A picture or a voice note, sent from a phone."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.forms.kinds.choice import read_option
from conversations.values import Named, Say

MEDIUM_KINDS = ("photo", "voice")
SHAPE = re.compile(r"(photo|voice|document)\.[!-~]{1,480}\Z")


@dataclass(frozen=True, slots=True)
class Medium(Kind):
    """What a channel calls a picture or a voice note it was sent: `photo.<reference>`."""

    free: ClassVar[bool] = True

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        file = words.partition("\n")[0]  # what was written under it stays behind
        if SHAPE.match(file) and file.partition(".")[0] in MEDIUM_KINDS:
            return Got(file)
        named = read_option(words, asked)
        return named if isinstance(named, (Got, Maybe)) else Unclear("not_a_medium", own=False)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return isinstance(value, str) and SHAPE.match(value) is not None

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        return Say(f"desk.beside.{value.partition('.')[0]}")
