"""What the desk says of itself to who looks after it, in three languages: `server.toml`."""

import os
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from conversations.values import Named
from locales.speech import FSI, PDI, isolate

FILE = Path(__file__).with_name("server.toml")
SERVER_LANGUAGES = ("fr", "ar", "en")
COMMAND = os.environ.get("HIRFA_COMMAND") or "bot.py"  # as it is typed where this runs
LATIN = re.compile(r"[A-Za-z]")


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Return every sentence by `<table>.<name>`, in each language."""
    tables: dict[str, dict[str, dict[str, str]]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {f"{table}.{name}": said for table, named in tables.items() for name, said in named.items()}


def told(address: str, language: str, blanks: Mapping[str, Any] | None = None) -> str:
    """Return a sentence in a language, its blanks filled; each may be a `Named`, which is said in that language."""
    filled = {
        name: value.names.get(language, value.names.get("fr", "")) if isinstance(value, Named) else str(value)
        for name, value in (blanks or {}).items()
    }
    if language == "ar":  # a path, an address, a command stays whole, its marks with it
        filled = {name: f"{FSI}{value}{PDI}" if LATIN.search(value) else value for name, value in filled.items()}
    said = sentences()[address][language].replace("python bot.py", COMMAND).replace("bot.py", COMMAND).format(**filled)
    return said if language == "en" else isolate(said, language)


def named(address: str, blanks: Mapping[str, Any] | None = None) -> Named:
    """Return a sentence in both languages of the chats."""
    return Named({language: told(address, language, blanks) for language in ("ar", "fr")})
