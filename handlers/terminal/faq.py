"""Questions as lines in, what each is as JSON lines out."""

import json
from collections.abc import Callable, Iterable

from conversations.context import Topics
from conversations.desk.router import OF_WORD, WORDS
from conversations.language.understand import whole_message
from conversations.language.wishes import okay, thanks, wants_no_messages
from conversations.questions.match import GUARD
from conversations.values import Spellings


def topics_of_lines(lines: Iterable[str], topics: Topics, spellings: Spellings, show: Callable[[str], None]) -> None:
    """Show `{"topics": [...], "sure": bool}` a line, best first; `[]` when nothing fits. Blank lines too have one.

    A guard is the one topic `guard.<kind>`, and sure; a word of the desk stands as `word.<id>`.
    """
    for line in lines:
        ids, sure = understood(line.strip(), topics, spellings)
        show(json.dumps({"topics": list(ids), "sure": sure}))


def understood(words: str, topics: Topics, spellings: Spellings) -> tuple[tuple[str, ...], bool]:
    """Return what words are to the desk, in the order it looks: a guard, a word of its own, a question."""
    guard = topics.guard(words)
    if guard is not None:
        return (f"{GUARD}{guard}",), True
    word = "stop" if wants_no_messages(words, spellings) or topics.stops(words) else None
    word = word or whole_message(words, WORDS, spellings)
    word = word or ("thanks" if thanks(words, spellings) else None) or ("okay" if okay(words, spellings) else None)
    return ((f"{OF_WORD}{word}",), True) if word else topics.rank(words)
