"""One of a few options: by digit, by label, by a label with a typo."""

from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from conversations.context import TurnContext
from conversations.forms.flow import Asked, Got, Kind, Maybe, Step, Unclear, Understood
from conversations.language.understand import choose, said_as, typed_digit
from conversations.values import Named, Say


def option_spellings(asked: Asked, id: str) -> tuple[str, ...]:
    """Every known spelling of an option, in all languages: its own, and the shared ones."""
    spellings = asked.case.context.spellings
    return (*spellings.get(asked.address("option", id), ()), *spellings.get(f"answer.{id}", ()))


def read_option(words: str, asked: Asked) -> Understood | None:
    """The option that the words name, or None."""
    found = choose(words, [(id, option_spellings(asked, id)) for id in asked.shown], asked.case.context.spellings)
    if found is None:
        return None
    return Got(found.id) if found.sure else Maybe(found.id)


def _to_the_letter(words: str, asked: Asked) -> Understood | None:
    spellings = asked.case.context.spellings
    if typed_digit(words) is not None:
        found = choose(words, [(id, ()) for id in asked.shown], spellings)
        return Got(found.id) if found else None
    said = said_as(words, [asked.address("option", id) for id in asked.shown], spellings)
    return Got(said.rpartition(".")[2]) if said else None


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """The answer is one of the step's options.

    `strict`: only what was listed for the option counts, to the letter; no typo and no other yes does.
    """

    strict: bool = False

    @override
    def read(self, words: str, asked: Asked) -> Understood:
        found = _to_the_letter(words, asked) if self.strict else read_option(words, asked)
        return found or Unclear("option", own=False)

    @override
    def holds(self, value: Any, step: Step, context: TurnContext) -> bool:
        return False  # only the step's own options are answers

    @override
    def label(self, value: Any, asked: Asked) -> Say | Named:
        raise KeyError(value)
