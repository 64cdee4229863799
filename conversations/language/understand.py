"""What typed words mean: one spelling for the many ways people write, then a match.

How people write a word of the desk (stop, menu, person) stands in both catalogues, `word.<word>.also`; that a message
is one of them is decided in `conversations/desk/router.py`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from conversations.values import Spellings

SURE_RATIO, LIKELY_RATIO, RATIO_MARGIN = 90, 75, 4
LONGEST_MESSAGE = 300  # no label is as long; one letter of some scripts unfolds into eighteen
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f\ufe0e\u20e3\ufeff\u00ad]")
ONE_SPELLING = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي",
     "گ": "ك", "ڭ": "ك", "ݣ": "ك", "پ": "ب", "ڤ": "ف", "œ": "oe", "ـ": None}
)  # fmt: skip
ASCII_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９", "0123456789" * 3)
REPEATED = re.compile(r"([^\W\d_])\1{2,}")
NOT_WORD = re.compile(r"[^\w]+|_+")
WHOLE_DIGIT = re.compile(r"[(\[]?\s*([0-9]{1,9})\s*[)\].:\-]?\Z", re.ASCII)
VOWEL_RUN = re.compile(r"[aeiouy]+")
# "I work" is no typo of "I do not work".
DENIALS = frozenset(
    (
        "pas",
        "ne",
        "jamais",
        "sans",
        "aucun",
        "aucune",
        "لا",
        "ليس",
        "ليست",
        "بدون",
        "بلا",
        "ما",
        "لم",
        "لن",
        "ماني",
        "مانيش",
        "ماشي",
        "non",
    )
)


@dataclass(frozen=True, slots=True)
class Found:
    """An option named by words; `sure` when no yes is needed first."""

    id: str
    sure: bool


def clean(text: str) -> str:
    """Text without what a keyboard or a copy brings along unseen; digits of every script as 0-9."""
    return INVISIBLE.sub("", text).replace("\u00a0", " ").replace("\u202f", " ").translate(ASCII_DIGITS).strip()


def fold(text: str) -> str:
    """The one spelling two writings of the same words share. Empty when nothing is left."""
    text = unicodedata.normalize("NFKD", clean(text[:LONGEST_MESSAGE]).lower())[:LONGEST_MESSAGE]
    text = "".join(c for c in text if not unicodedata.combining(c) or c in "ٕٔ")
    text = unicodedata.normalize("NFC", text).translate(ONE_SPELLING)
    text = REPEATED.sub(r"\1", text)
    return " ".join(NOT_WORD.sub(" ", text).split())


def asks(words: str, spellings: Spellings) -> bool:
    """Whether words are put as a question: by its mark, or by a word that asks (wach, combien, شحال)."""
    if "?" in words or "؟" in words:
        return True
    said = f" {fold(words)} "
    return any(f" {word} " in said for word in spellings.get("word.asks", ()))


def typed_digit(words: str) -> int | None:
    """The number, when the whole message is one: `1`, `١`, `1)`, ` 1. `, a keycap."""
    found = WHOLE_DIGIT.match(clean(words))
    return int(found[1]) if found else None


def choose(words: str, options: Sequence[tuple[str, Iterable[str]]], spellings: Spellings) -> Found | None:
    """The option named by a digit (its place), its label, a synonym, or one of these with a typo.

    `options`: ids in the order numbered, each with its spellings already folded. `spellings`: all
    there are, for what people put around an answer (please, number).
    """
    said = fold(words)
    bare = _without(said, (*spellings.get("word.polite", ()), *spellings.get("word.number", ())))
    digit = typed_digit(words)
    if digit is None and bare != said:
        digit = typed_digit(bare)
    if digit is not None:
        return Found(options[digit - 1][0], True) if 1 <= digit <= len(options) else None
    for form in (said, bare):
        exact = {id for id, known in options if form and form in known}
        if exact:
            return Found(exact.pop(), True) if len(exact) == 1 else None
    for place, (id, _) in enumerate(options, 1):  # a number written out: three, تلاتة
        if bare in spellings.get(f"number.{place}", ()):
            return Found(id, True)
    return _nearly(bare, options)


def _nearly(said: str, options: Sequence[tuple[str, Iterable[str]]], bare: bool = False) -> Found | None:
    """The option nearly said; `bare`: by its letters alone, not by its consonants."""
    if len(said) < 4:
        return None  # too short to tell a typo from another word
    bones, denied = _bones(said), DENIALS & set(said.split())
    scored: list[tuple[float, str]] = []
    for id, spellings in options:
        best = 0.0
        for spelling in spellings:
            if len(spelling) >= 4 and bool(denied) == bool(DENIALS & set(spelling.split())):
                best = max(best, fuzz.ratio(said, spelling))
                if not bare and len(bones) >= 3 and bones == _bones(spelling):
                    best = max(best, float(LIKELY_RATIO))
        scored.append((best, id))
    scored.sort(reverse=True)
    if not scored or scored[0][0] < LIKELY_RATIO:
        return None
    best, id = scored[0]
    clear = len(scored) == 1 or best - scored[1][0] >= RATIO_MARGIN
    if not clear:
        return None
    return Found(id, best >= SURE_RATIO)


def _bones(word: str) -> str:
    """Latin consonants only: people write the vowels of Darija as they like (mzyan, mezyan)."""
    return VOWEL_RUN.sub("", word) if word.isascii() else word


def whole_message(words: str, ids: Iterable[str], spellings: Spellings) -> str | None:
    """Which global word the whole message is, politeness aside; never a word inside a sentence."""
    found = said_as(words, (f"word.{id}" for id in ids), spellings)
    return found.removeprefix("word.") if found else None


def said_as(words: str, addresses: Iterable[str], spellings: Spellings) -> str | None:
    """Which address the whole message spells, politeness aside."""
    said = fold(words)
    forms = {said, _without(said, spellings.get("word.polite", ()))} - {""}
    return next((each for each in addresses if forms & set(spellings.get(each, ()))), None)


def nearly_whole_message(words: str, ids: Iterable[str], spellings: Spellings) -> str | None:
    """Which global word the whole message nearly is, a typo away; asked when nothing else was."""
    said = _without(fold(words), spellings.get("word.polite", ()))
    found = _nearly(said, [(id, spellings.get(f"word.{id}", ())) for id in ids], bare=True)
    # of several words, only what is hardly another: it leads away from the question
    return found.id if found and (found.sure or " " not in said) else None


def _without(said: str, polite: Sequence[str]) -> str:
    for phrase in sorted(polite, key=len, reverse=True):
        said = said.removeprefix(phrase + " ").removesuffix(" " + phrase)
    return said
