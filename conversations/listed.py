"""A source held in memory: names in each language, other spellings, and ids that were retired."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from conversations.understand import fold
from conversations.values import Answers, Named

PAGE = 6
FITS = 78.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One option of a source."""

    id: str
    names: Mapping[str, str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Listed:
    """Options found by typing, over every name and spelling; retired ones keep their label.

    `openers`: what people put before the thing they make ("I work in", "the owner of"), folded.
    """

    entries: tuple[Entry, ...]
    openers: tuple[str, ...] = ()
    retired: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = {entry.id: entry.names for entry in self.entries}
        spellings = {
            entry.id: tuple(dict.fromkeys(filter(None, map(fold, _spellings(entry)))))
            for entry in self.entries
        }
        object.__setattr__(self, "_names", {**self.retired, **names})
        object.__setattr__(self, "_spellings", spellings)

    _names: Mapping[str, Mapping[str, str]] = field(init=False, repr=False, compare=False)
    _spellings: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        said = fold(words)
        for opener in self.openers:
            said = said.removeprefix(opener + " ")
        if len(said) < 2:
            return [], False
        scored = []
        for place, (id, spellings) in enumerate(self._spellings.items()):
            score = max(_fit(said, spelling) for spelling in spellings)
            if score >= FITS:
                scored.append((-score, place, id))
        ids = [id for _, _, id in sorted(scored)]
        start = page * PAGE
        return ids[start : start + PAGE], len(ids) > start + PAGE

    def label(self, id: str) -> Named:
        return Named(self._names[id])

    def known(self, id: str) -> bool:
        return id in self._names


def _spellings(entry: Entry) -> Iterable[str]:
    for name in entry.names.values():
        yield name
        # "Couture traditionnelle (djellaba, caftan)" is also found by each of its parts
        yield from name.replace("(", ",").replace(")", ",").replace("،", ",").split(",")
    yield from entry.also


def _fit(said: str, spelling: str) -> float:
    """0 to 100: the same, a typo away, or the same words among others."""
    if said == spelling:
        return 100.0
    close = fuzz.ratio(said, spelling)
    if len(said) >= 4 and any(fuzz.ratio(said, word) >= 88 for word in spelling.split()):
        close = max(close, 86.0)
    elif len(said) >= 4 and len(spelling) >= 4:
        close = max(close, 0.9 * fuzz.token_set_ratio(said, spelling))
    elif len(said) < 4:
        close = close if said in spelling.split() else 0.0
    return close
