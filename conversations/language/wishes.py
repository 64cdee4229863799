"""Wishes put in many ways: no more messages; messages again; thanks, and a plain okay.

The words stand in both catalogues by what they do in such a sentence (`wish.<class>.also`); a word counts from its
beginning, and Darija in Latin letters by its consonants, as everybody writes its vowels differently.
"""

from collections.abc import Iterable

from conversations.language.phrases import says
from conversations.language.understand import asks, clean, fold, whole_message
from conversations.values import Spellings

LONGEST_WISH = 14  # words: who writes more says something else besides
LONGEST_THANKS = 5
SHORTEST_STEM = 3
OKAY_SIGNS = frozenset("👍👌🙏❤💚🌹😊🙂✅🤝💐👏😍🤲")
SIGN_VARIANTS = frozenset("\ufe0f\u200d🏻🏼🏽🏾🏿")  # what changes the look of a sign


def wants_no_messages(words: str, spellings: Spellings) -> bool:
    """Return whether words are a wish for no more messages: a word alone, or a sentence that says so."""
    if whole_message(words, ("stop",), spellings) is not None:
        return True
    said = fold(words).split()
    if not 2 <= len(said) <= LONGEST_WISH:
        return False
    if _says(said, spellings["wish.peace"]):
        return True
    messages = _says(said, spellings["wish.messages"])
    ends = (messages or _says(said, spellings["wish.me"])) and _says(said, spellings["wish.end"])
    if ends and not asks(words, spellings):
        return True
    return (messages or _says(said, spellings["wish.send"])) and _says(said, spellings["wish.no_more"])


def wants_messages_again(words: str, spellings: Spellings) -> bool:
    """Return whether words ask for the messages that were stopped; to be asked only of who stopped some."""
    if whole_message(words, ("resume", "start"), spellings) is not None:
        return True
    said = fold(words).split()
    if not 2 <= len(said) <= LONGEST_WISH or _says(said, spellings["wish.no_more"]):
        return False
    if _says(said, spellings["wish.back"]):
        return True
    about = _says(said, spellings["wish.messages"]) or _says(said, spellings["wish.send"])
    again = _says(said, spellings["wish.again"])
    return (about and (again or _says(said, spellings["wish.want"]))) or (again and _says(said, spellings["wish.me"]))


def thanks(words: str, spellings: Spellings) -> bool:
    """Return whether a short message is a thank you, with whatever stands around it."""
    said = fold(words).split()
    short = 0 < len(said) <= LONGEST_THANKS and not asks(words, spellings)
    return short and any(said == each.split() or set(each.split()) <= set(said) for each in spellings["word.thanks"])


def okay(words: str, spellings: Spellings) -> bool:
    """Return whether a message only says that it was read: ok, a thumb, a heart."""
    signs = {letter for letter in clean(words) if not letter.isspace()} - SIGN_VARIANTS
    return bool(signs) and (signs <= OKAY_SIGNS or whole_message(words, ("okay",), spellings) is not None)


def _says(said: list[str], phrases: Iterable[str]) -> bool:
    return says(said, phrases, SHORTEST_STEM)
