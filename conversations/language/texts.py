"""Free words as people type them, made safe to keep and to show again."""

import re
import unicodedata

# Marks that turn the line round or hide; joiners inside an Arabic word stay.
TURNS = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
JOINERS = "\u200c\u200d"
ARABIC_LETTERS = re.compile(r"[\u0620-\u064a\u066e-\u06d3]")
LATIN_LETTERS = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœ]")
TIFINAGH = re.compile(r"[\u2d30-\u2d7f]")
INLINE_SPACES = re.compile(r"[^\S\n]+")


def tidy(text: str) -> str:
    """One spelling of each letter, nothing unseen, single spaces; line ends kept, two at most."""
    text = unicodedata.normalize("NFC", TURNS.sub("", text))
    text = "".join(c for c in text if c in "\n" + JOINERS or unicodedata.category(c)[0] != "C" or c == "\t")
    lines = [INLINE_SPACES.sub(" ", line).strip(" " + JOINERS) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def script(text: str) -> str | None:
    """`ar` or `fr`: the letters most of the text is written in; None without letters."""
    arabic, latin = len(ARABIC_LETTERS.findall(text)), len(LATIN_LETTERS.findall(text))
    if arabic == latin == 0:
        return None
    return "ar" if arabic >= latin else "fr"
