"""Whether a sentence says one of some phrases: word for word, each word as it begins."""

from collections.abc import Iterable

from conversations.language.spelling import bare, bones

SHORTEST_BONES = 3
FIRST = 2


def says(said: list[str], phrases: Iterable[str], shortest: int) -> bool:
    """Return whether one of some folded phrases stands in a folded sentence, its words one after the other.

    A word of a phrase with `shortest` letters or more counts as the beginning of a word; a shorter one is the whole.
    """
    forms = {form for word in set(said) for form in (word, bare(word), bones(word))}
    begin = {form[:FIRST] for form in forms}  # most phrases begin like no word of the sentence: they are looked at once
    likely = (phrase.split() for phrase in phrases if phrase[:FIRST].strip() in begin or bones(phrase)[:FIRST] in begin)
    return any(_stands(said, phrase, shortest) for phrase in likely)


def _stands(said: list[str], phrase: list[str], shortest: int) -> bool:
    for place in range(len(said) - len(phrase) + 1):
        if all(_begins(said[place + number], stem, shortest) for number, stem in enumerate(phrase)):
            return True
    return False


def _begins(word: str, stem: str, shortest: int) -> bool:
    if len(stem) < shortest:
        return stem in (word, bare(word))
    if word.startswith(stem) or bare(word).startswith(stem):
        return True
    darija = word.isascii() and stem.isascii() and any(letter.isdigit() for letter in stem)
    short = bones(stem) if darija else ""
    return len(short) >= SHORTEST_BONES and bones(word).startswith(short)
