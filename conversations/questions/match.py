"""Which question some words are: by examples people typed and by words that mean the same.

A question is described by its words, their consonants (`spelling.bones`), the meanings of its words and
the pairs of these. Each topic weighs these features as a complement naive Bayes does (Rennie et al.,
2003); the example most like the question counts too. What says too little of our subject is declined.
"""

import itertools
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import fuzz, process

from conversations.language.spelling import MOST_SAID, bare, bones, split
from conversations.questions.guards import Guards

OFF_TOPIC, STOP = "off_topic", "stop"
GUARD = "guard."  # before the id of what is no topic
OURS, OTHER_SUBJECT = "ours", "elsewhere"
MOST_TOPICS = 3
MEANING_WEIGHT, PAIR_WEIGHT = 3.0, 0.6  # how much a meaning, and two together, weigh beside a word
SMOOTH = 0.3
TOPIC_TYPO = 84.0
BONES = 4  # words with fewer consonants are too much alike
# Whether words are a question of ours at all: how much nearer to their topic than to the other things
# people ask (by all its examples, and by the one example most like them), the share of words nobody knows, meanings
# of our subject and of others. Chosen by a search over the sets of tests/data/faq, then held to one nobody had seen.
BASE, NEARER, CLOSER, UNKNOWN, OF_OURS, OF_OTHERS = 1.1, 0.47, 6.3, -2.9, 0.47, -0.14
# This much ahead of the next, and clearly ours, the answer is given without asking which was meant.
SURE_ODDS, CLEARLY = 1.4, 2.5
WISH = 0.5  # how much a wish for no more messages must stand out


@dataclass(frozen=True, slots=True)
class Example:
    """A question as somebody typed it, and the topic it is."""

    topic: str
    words: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to write a meaning. `about`: ours, elsewhere, or neither."""

    id: str
    words: str
    about: str = ""


class Meanings:
    """The meanings of words and short phrases, in every spelling."""

    def __init__(self, meanings: Iterable[Meaning]) -> None:
        self.about: dict[str, str] = {}
        self._phrases: defaultdict[str, set[str]] = defaultdict(set)
        self._bones: defaultdict[str, set[str]] = defaultdict(set)
        for each in meanings:
            self.about[each.id] = each.about
            words = split(each.words)
            self._phrases[" ".join(words)].add(each.id)
            if len(words) == 1:
                stem = bare(words[0])
                self._phrases[stem].add(each.id)
                if len(bones(stem)) >= BONES:
                    self._bones[bones(stem)].add(each.id)
        self._single = [words for words in self._phrases if " " not in words and len(words) >= 4]

    def of_word(self, word: str, typos: bool) -> set[str]:
        """The meanings of one folded word: as it is written, by its consonants, or a typo away."""
        stem = bare(word)
        found = self._phrases.get(word, set()) | self._phrases.get(stem, set())
        if not found and len(bones(stem)) >= BONES:
            found = self._bones.get(bones(stem), set())
        return found or (self._nearly(stem) if typos and len(word) >= 4 else set())

    def of(self, words: list[str], typos: bool = True) -> set[str]:
        """Every meaning said: of words, and of phrases of two or three."""
        found = set().union(*(self.of_word(word, typos) for word in words))
        for length in (2, 3):
            for start in range(len(words) - length + 1):
                found |= self._phrases.get(" ".join(words[start : start + length]), set())
        return found

    def _nearly(self, stem: str) -> set[str]:
        near = process.extract(stem, self._single, scorer=fuzz.ratio, score_cutoff=TOPIC_TYPO, limit=3)
        return set().union(*(self._phrases[word] for word, _, _ in near))


@dataclass(frozen=True, slots=True)
class Learned:
    """What the examples say: in how many each feature stands, and how heavy it is in each topic and each example.

    `topics`: of each example, by its place; `places`, `weights`: the examples a feature stands in.
    """

    seen: Counter[str]
    heavy: dict[str, dict[str, float]]
    all: dict[str, float]
    sums: dict[str, float]
    words: Counter[str]
    topics: tuple[str, ...]
    places: dict[str, "array[int]"]
    weights: dict[str, "array[float]"]

    @property
    def examples(self) -> int:
        return len(self.topics)


class Matcher:
    """Questions by topic. The examples are learned when the first question comes."""

    def __init__(
        self, ids: tuple[str, ...], examples: Iterable[Example], meanings: Iterable[Meaning], guards: Guards
    ) -> None:
        """`ids`: the topics that have an answer; examples may also be words of the desk (`word.<id>`)."""
        self.ids, self.guard = ids, guards.find
        self._examples = tuple(examples)
        self._meanings = tuple(meanings)

    def rank(self, words: str) -> tuple[tuple[str, ...], bool]:
        """Return the topics words may mean, best first, and whether the first is sure. A guard is the one, and sure; a
        word of the desk stands among topics as `word.<id>`.
        """
        guard = self.guard(words)
        if guard is not None:
            return (f"{GUARD}{guard}",), True
        said = split(words)[:MOST_SAID]
        scores = self._scores(said) if any(letter.isalpha() for letter in words) else {}
        if not scores:
            return (), False
        likeness = self._likeness(said)
        apart = (OFF_TOPIC, STOP)
        others, like_others = (max(of.pop(topic, 0.0) for topic in apart) for of in (scores, likeness))
        total = {topic: score + CLOSER * likeness.get(topic, 0.0) for topic, score in scores.items()}
        best = sorted(total, key=lambda topic: (-total[topic], topic))[: MOST_TOPICS + 1]
        closer = likeness.get(best[0], 0.0) - like_others
        ours = self._ours(said, NEARER * (scores[best[0]] - others) + CLOSER * closer)
        if ours < 0 or not self._says_something(said):
            return (), False
        ahead = len(best) < 2 or total[best[0]] - total[best[1]] >= SURE_ODDS
        return tuple(best[:MOST_TOPICS]), ahead and ours >= CLEARLY

    def stops(self, words: str) -> bool:
        """Whether words are a wish for no more messages: nearer to that than to anything else."""
        scores = self._scores(split(words)[:MOST_SAID])
        if STOP not in scores:
            return False
        stop = scores.pop(STOP)
        return stop >= WISH and stop > max(scores.values())

    def _says_something(self, said: list[str]) -> bool:
        """At least one word with a meaning of ours, or two that examples used."""
        if any(self._known.about[meaning] != OTHER_SUBJECT for meaning in self._known.of(said)):
            return True
        return sum(self._learned.words[word] > 1 for word in said if len(word) > 2) >= 2

    @cached_property
    def _known(self) -> Meanings:
        return Meanings(self._meanings)

    @cached_property
    def _learned(self) -> Learned:
        heavy: defaultdict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        everywhere: defaultdict[str, float] = defaultdict(float)
        sums: defaultdict[str, float] = defaultdict(float)
        seen: Counter[str] = Counter()
        words: Counter[str] = Counter()
        described = [(each.topic, split(each.words)) for each in self._examples]
        features = [(topic, self._features(said, typos=False)) for topic, said in described]
        for _, said in described:
            words.update(set(said))
        for _, each in features:
            seen.update(each.keys())
        places: defaultdict[str, array[int]] = defaultdict(lambda: array("H"))
        weights: defaultdict[str, array[float]] = defaultdict(lambda: array("f"))
        for place, (topic, each) in enumerate(features):
            for feature, weight in _weighed(each, seen, len(features)).items():
                heavy[feature][topic] += weight
                everywhere[feature] += weight
                sums[topic] += weight
                places[feature].append(place)
                weights[feature].append(weight)
        topics = tuple(topic for topic, _ in features)
        return Learned(seen, dict(heavy), dict(everywhere), dict(sums), words, topics, dict(places), dict(weights))

    def _features(self, said: list[str], typos: bool = True) -> dict[str, float]:
        found: dict[str, float] = {}
        for word in said:
            stem = bare(word)
            found[f"w:{stem}"] = 1.0
            if len(bones(stem)) >= 2:
                found[f"b:{bones(stem)}"] = 1.0
        meanings = sorted(self._known.of(said, typos))
        for meaning in meanings:
            found[f"m:{meaning}"] = MEANING_WEIGHT
        for one, other in itertools.combinations(meanings, 2):
            found[f"p:{one}+{other}"] = PAIR_WEIGHT
        return found

    def _scores(self, said: list[str]) -> dict[str, float]:
        """How much each topic is favoured over all the others; empty when nothing is known."""
        learned = self._learned
        known = {name: weight for name, weight in self._features(said).items() if name in learned.seen}
        scores: dict[str, float] = dict.fromkeys(learned.sums, 0.0) if known else {}
        total, kinds = sum(learned.sums.values()), len(learned.seen) * SMOOTH
        for feature, weight in _weighed(known, learned.seen, learned.examples).items():
            for topic, of_topic in learned.sums.items():
                mine = learned.heavy[feature].get(topic, 0.0)
                here = (mine + SMOOTH) / (of_topic + kinds)
                there = (learned.all[feature] - mine + SMOOTH) / (total - of_topic + kinds)
                scores[topic] += weight * math.log(here / there)
        return scores

    def _likeness(self, said: list[str]) -> dict[str, float]:
        """How like the words the closest example of each topic is: 0 to 1, the cosine of their features."""
        learned = self._learned
        known = {name: weight for name, weight in self._features(said).items() if name in learned.seen}
        like: defaultdict[int, float] = defaultdict(float)
        for feature, mine in _weighed(known, learned.seen, learned.examples).items():
            for place, weight in zip(learned.places[feature], learned.weights[feature], strict=True):
                like[place] += mine * weight
        closest: dict[str, float] = {}
        for place, cosine in like.items():
            topic = learned.topics[place]
            closest[topic] = max(cosine, closest.get(topic, 0.0))
        return closest

    def _ours(self, said: list[str], nearer: float) -> float:
        """How surely the words are about our subject at all."""
        unknown = [
            word
            for word in said
            if len(word) > 2 and word not in self._learned.words and not self._known.of_word(word, True)
        ]
        about = Counter(self._known.about[meaning] for meaning in self._known.of(said))
        return (
            BASE
            + nearer
            + UNKNOWN * len(unknown) / len(said)
            + OF_OURS * about[OURS]
            + OF_OTHERS * about[OTHER_SUBJECT]
        )


def _weighed(features: dict[str, float], seen: Counter[str], examples: int) -> dict[str, float]:
    """Rare features weigh more; a long question weighs as much as a short one."""
    weighed = {name: weight * math.log((examples + 1) / (seen[name] + 0.5)) for name, weight in features.items()}
    length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
    return {name: weight / length for name, weight in weighed.items()}
