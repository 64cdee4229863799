"""Every way an address can be written, folded once so that a turn only compares."""

from conversations.language.understand import fold
from locales.speech import Speech


def folded_spellings(speech: Speech) -> dict[str, tuple[str, ...]]:
    """Return every address with its folded spellings, in all languages."""
    return {
        address: tuple(dict.fromkeys(filter(None, map(fold, words)))) for address, words in speech.spellings().items()
    }
