"""One spelling for a word, whatever its script: Darija is typed in Arabic and in Latin letters alike.

`bones` keeps the consonants that both scripts write, so that خلصت, khlst and khelest are one word.
"""

import re

from conversations.language.understand import fold

MOST_SAID = 150  # of a message, are looked at for what it may mean
WORD_PREFIX = re.compile(r"^(?:وال|بال|فال|كال|لل|ال|و|ف|ب|ل)(?=\w{3})")
ARABIC_BONES = str.maketrans(
    {"ا": "", "و": "", "ي": "", "ء": "", "ع": "3", "ح": "h", "ه": "h", "خ": "x", "ق": "k", "ك": "k",
     "غ": "g", "ج": "j", "ش": "c", "س": "s", "ص": "s", "ز": "z", "ظ": "d", "ذ": "d", "ض": "d", "د": "d",
     "ط": "t", "ت": "t", "ث": "t", "ر": "r", "ل": "l", "م": "m", "ن": "n", "ف": "f", "ب": "b"}
)  # fmt: skip
PAIRS = (("kh", "x"), ("gh", "g"), ("ch", "c"), ("sh", "c"), ("ph", "f"))
LATIN_BONES = str.maketrans({"7": "h", "9": "k", "5": "x", "q": "k", "2": "", "v": "f", "p": "b"})
VOWEL = re.compile(r"[aeiouy]")
TWICE = re.compile(r"(.)\1+")


def split(text: str) -> list[str]:
    """The words of a text, folded."""
    return fold(text).split()


def bare(word: str) -> str:
    """A word without its article and the little words written onto it."""
    return WORD_PREFIX.sub("", word)


def bones(word: str) -> str:
    """The consonants of a folded word, in Latin letters."""
    if word[:1].isascii():
        for pair, letter in PAIRS:
            word = word.replace(pair, letter)
        word = VOWEL.sub("", word.translate(LATIN_BONES))
    else:
        word = word.translate(ARABIC_BONES)
    return TWICE.sub(r"\1", word)
