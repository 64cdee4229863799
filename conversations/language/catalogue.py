"""A source held in memory: names in each language, other spellings, and ids that were retired."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from conversations.language.understand import clean, fold
from conversations.values import Answers, Named

ENTRIES_A_PAGE = 6
IN = "in."  # how the id of a group is told from an entry's
LONGEST_QUERY = 100
FITS = 78.0
WORD_SCORE, SAID_AMONG_OTHERS, GROUP_SCORE = 86.0, 80.0, 79.0
ARTICLE = re.compile(r"^(?:وال|بال|فال|لل|ال)(?=\w{3})")
Ids = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One option of a source; `group` are the names of what it belongs to, `of` the id of it; `box`: its
    ground, from the south-west corner to the north-east one, in degrees.
    """

    id: str
    names: Mapping[str, str]
    also: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    of: str = ""
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Catalogue:
    """Options found by typing, over every name and spelling; retired ones keep their label.

    `openers`: what people put before the thing they make ("I work in", "the owner of"), folded.
    `within`: the question whose answer says what an entry must belong to. No words: every entry.
    `among`: the names of what entries belong to, by its id.
    """

    entries: tuple[Entry, ...]
    openers: tuple[str, ...] = ()
    retired: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    within: str | None = None
    among: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _names: dict[str, Mapping[str, str]] = field(init=False, repr=False, default_factory=dict)
    _spelled: Ids = field(init=False, repr=False, default_factory=lambda: defaultdict(set))
    _words: Ids = field(init=False, repr=False, default_factory=lambda: defaultdict(set))
    _groups: Ids = field(init=False, repr=False, default_factory=lambda: defaultdict(set))

    def __post_init__(self) -> None:
        self._names.update({**self.retired, **{entry.id: entry.names for entry in self.entries}})
        for entry in self.entries:
            for spelling in filter(None, map(without_articles, spellings(entry))):
                self._spelled[spelling].add(entry.id)
                for word in spelling.split():
                    self._words[word].add(entry.id)
            for word in " ".join(map(without_articles, entry.group)).split():
                if len(word) >= 4:
                    self._groups[word].add(entry.id)

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        of = answers.get(self.within) if self.within else None
        said = without_articles(words)
        if not said and words.strip():
            return [], False
        if not said:
            return _paged([entry.id for entry in self.entries if of is None or entry.of == of], page)
        for opener in self.openers:
            said = said.removeprefix(opener + " ")
        if not 2 <= len(said) <= LONGEST_QUERY:
            return [], False
        scores = self._scores(said)
        places = {entry.id: place for place, entry in enumerate(self.entries)}
        if of is not None:
            scores = {entry.id: scores[entry.id] for entry in self.entries if entry.of == of and entry.id in scores}
        return _paged(sorted(scores, key=lambda id: (-scores[id], places[id])), page)

    def label(self, id: str) -> Named:
        return Named(self._names[id])

    def known(self, id: str) -> bool:
        return id in self._names

    def fits(self, id: str, answers: Answers) -> bool:
        of = answers.get(self.within) if self.within else None
        return of is None or id in self.retired or any(e.id == id and e.of == of for e in self.entries)

    def offers(self, id: str) -> bool:
        return id in self._names and id not in self.retired

    def groups(self) -> list[str]:
        return [f"{IN}{id}" for id in self.among]

    def group(self, id: str) -> Named:
        return Named(self.among[id.removeprefix(IN)])

    def members(self, group: str, page: int) -> tuple[list[str], bool]:
        of = group.removeprefix(IN)
        return _paged([entry.id for entry in self.entries if entry.of == of], page)

    def of(self, id: str) -> str:
        return next((entry.of for entry in self.entries if entry.id == id), "")

    def named(self, words: str) -> list[str]:
        names = self._spelled.get(without_articles(words), set())
        return [entry.id for entry in self.entries if entry.id in names]

    def near(self, latitude: float, longitude: float) -> list[str]:
        found = []
        for entry in self.entries:
            if entry.box is not None:
                south, west, north, east = entry.box
                if south <= latitude <= north and west <= longitude <= east:
                    found.append(((north - south) * (east - west), entry.id))
        return [id for _, id in sorted(found)]

    def _scores(self, said: str) -> dict[str, float]:
        """0 to 100 by id: the same, a typo away, one of its words, or a word of its group."""
        scores: dict[str, float] = {}

        def give(ids: Iterable[str], score: float) -> None:
            for id in ids:
                scores[id] = max(score, scores.get(id, 0.0))

        give(self._spelled.get(said, ()), 100.0)
        give(self._words.get(said, ()), WORD_SCORE)
        if len(said) < 4:
            return scores  # too short to tell a typo from another word
        for spelling, score in _near(said, self._spelled, FITS):
            give(self._spelled[spelling], score)
        for word, _ in _near(said, self._words, 88):
            give(self._words[word], WORD_SCORE)
        parts = [part for part in said.split() if len(part) >= 4]
        for part in parts:
            for word, _ in _near(part, self._groups, 90):
                give(self._groups[word], GROUP_SCORE)
            for word, _ in _near(part, self._words, 90) if len(parts) > 1 and len(part) >= 5 else ():
                give(self._words[word], SAID_AMONG_OTHERS)
        return scores


def _paged(ids: list[str], page: int) -> tuple[list[str], bool]:
    start = page * ENTRIES_A_PAGE
    return ids[start : start + ENTRIES_A_PAGE], len(ids) > start + ENTRIES_A_PAGE


def _near(said: str, known: Ids, least: float) -> list[tuple[str, float]]:
    found = process.extract(said, known.keys(), scorer=fuzz.ratio, score_cutoff=least, limit=None)
    return [(word, score) for word, score, _ in found]


def without_articles(words: str) -> str:
    """Folded, and Arabic words without their article: people type them either way."""
    return fold(" ".join(ARTICLE.sub("", word) for word in clean(words).split()))


def spellings(entry: Entry) -> Iterable[str]:
    """Every way an entry may be named."""
    for name in entry.names.values():
        yield name
        # "Couture traditionnelle (djellaba, caftan)" is also found by each of its parts
        yield from name.replace("(", ",").replace(")", ",").replace("،", ",").split(",")
    yield from entry.also
