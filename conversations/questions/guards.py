"""What is answered before any question is looked for: money asked, danger, a death or a divorce, an illness.

Fixed words, not examples: a wrong answer here, said as sure, is worse than none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conversations.language.phrases import says
from conversations.language.spelling import MOST_SAID, split

SHORTEST_BEGINNING = 5
# An amount is often written on its unit: 300dh.
GLUED = re.compile(r"(?<![a-z])(\d{2,})(dhs?|drhm?|dirham)\b")


@dataclass(frozen=True, slots=True)
class Rule:
    """A message is the guard's when each of these classes of phrases stands in it, and none of those it is `unless`."""

    needs: tuple[str, ...]
    unless: tuple[str, ...] = ()


# The gravest first: who is beaten by a husband who asks for money is in danger.
GUARDS: Mapping[str, tuple[Rule, ...]] = {
    "danger": (Rule(("alone",)), Rule(("weapon", "against"))),  # a knife alone is a craft
    "money": (
        Rule(("alone",)),
        Rule(("who", "asks", "what"), unless=("refunded",)),
        Rule(("wants", "bank"), unless=("refunded",)),
    ),
    "loss": (Rule(("alone",), unless=("other",)), Rule(("died", "relative"), unless=("other",))),
    "illness": (
        Rule(("alone",), unless=("other",)),
        Rule(("urgent", "care")),
        Rule(("sugar", "has"), unless=("other",)),  # sugar and a heart are many other things
        Rule(("operation",), unless=("cost",)),
    ),
}


@dataclass(frozen=True, slots=True)
class GuardWords:
    """One phrase of a guard, and what it does in such a message."""

    guard: str
    role: str
    words: str


class Guards:
    """The phrases of each guard, folded."""

    def __init__(self, words: Iterable[GuardWords]) -> None:
        self._phrases: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for each in words:
            self._phrases[each.guard, each.role].append(" ".join(split(each.words)))

    def find(self, words: str) -> str | None:
        """Return which guard words are; None for any other message."""
        said = split(GLUED.sub(r"\1 \2", words.lower()))[:MOST_SAID]
        for guard, rules in GUARDS.items():
            if any(self._holds(said, guard, rule) for rule in rules):
                return guard
        return None

    def _holds(self, said: list[str], guard: str, rule: Rule) -> bool:
        if not all(self._has(said, guard, role) for role in rule.needs):
            return False
        return not any(self._has(said, guard, role) for role in rule.unless)

    def _has(self, said: list[str], guard: str, role: str) -> bool:
        return says(said, self._phrases[guard, role], SHORTEST_BEGINNING)
