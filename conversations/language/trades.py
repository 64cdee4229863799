"""Trades found by what people call them: by each word, as rare as it is, in any script and spelling."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process
from typing_extensions import override

from conversations.language.catalogue import Catalogue, spellings, without_articles
from conversations.language.spelling import bones

TRADE_TYPO = 80.0
SAME_BONES, FEW_BONES = 0.9, 0.6
A_TYPO, BONES_A_TYPO = 0.85, 0.7
OF_THE_SECTOR = 0.35  # a word of the sector's name says less than one of the trade's own
WHOLE = 4.0  # what the whole message adds when it is one of the ways to say it, or nearly
NAMED_SCORE = 3.0  # and when it is the very name
MOST_WORDS = 8
LEAST_SCORE, NEAR = 1.0, 0.25  # how much must be said of a trade, and beside the best, for it to be shown
Places = dict[str, Counter[str]]


@dataclass(frozen=True)
class Trades(Catalogue):
    """A source whose entries have many everyday names."""

    _named: dict[str, set[str]] = field(init=False, repr=False, default_factory=lambda: defaultdict(set))
    _said: Places = field(init=False, repr=False, default_factory=lambda: defaultdict(Counter))
    _boned: Places = field(init=False, repr=False, default_factory=lambda: defaultdict(Counter))

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        for entry in self.entries:
            for name in entry.names.values():
                self._named[without_articles(name)].add(entry.id)
            for name in set(map(without_articles, spellings(entry))):
                for word in name.split():
                    self._said[word][entry.id] += 1
                    self._boned[bones(word)][entry.id] += 1
            for word in " ".join(map(without_articles, entry.group)).split():
                if len(word) >= 4:
                    self._said[word][entry.id] += OF_THE_SECTOR  # type: ignore[assignment]

    @override
    def _scores(self, said: str) -> dict[str, float]:
        """How much each trade is meant: the words it shares, the rarer the more, and the whole message."""
        scores: defaultdict[str, float] = defaultdict(float)
        for word in list(dict.fromkeys(said.split()))[:MOST_WORDS]:
            for id, strength in self._of_word(word).items():
                scores[id] += strength
        for id in self._named.get(said, ()):
            scores[id] += NAMED_SCORE
        for id, score in super()._scores(said).items():
            scores[id] += WHOLE * max(0.0, score - 75) / 25
        best = max(scores.values(), default=0.0)
        return {id: score for id, score in scores.items() if score >= max(LEAST_SCORE, NEAR * best)}

    def _of_word(self, word: str) -> dict[str, float]:
        found: defaultdict[str, float] = defaultdict(float)
        stem = bones(word)
        self._give(found, self._said, [(word, 1.0)])
        if len(stem) >= 2:
            self._give(found, self._boned, [(stem, SAME_BONES if len(stem) >= 3 else FEW_BONES)])
        if not found and len(word) >= 4:
            self._give(found, self._said, _near(word, self._said, A_TYPO))
            if len(stem) >= 3:
                self._give(found, self._boned, _near(stem, self._boned, BONES_A_TYPO))
        return found

    def _give(self, found: defaultdict[str, float], places: Places, words: Iterable[tuple[str, float]]) -> None:
        for word, likeness in words:
            if word not in places:
                continue
            rare = math.log((len(self.entries) + 1) / (len(places[word]) + 0.5))
            for id, times in places[word].items():
                found[id] = max(found[id], likeness * rare * (1 - 1 / (1 + 2 * times)))


def _near(word: str, known: Mapping[str, object], likeness: float) -> list[tuple[str, float]]:
    """Known words a typo away."""
    near = process.extract(word, list(known), scorer=fuzz.ratio, score_cutoff=TRADE_TYPO, limit=8)
    return [(found, likeness * score / 100) for found, score, _ in near]
