"""The catalogues against the flows: every address has words in both languages, and nothing else.

Run by `make check` and by the suite: the same addresses, the same placeholders, the plurals complete.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib

from conversations.desk.router import WORDS
from conversations.flows import FLOWS
from tests.project.addresses import of_flows, of_the_desk

FOLDER = Path(__file__).parent.parent.parent / "locales"
BLANK = re.compile(r"\{(\w+)\}")
FORMS = {"ar": 6, "fr": 2}


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(FOLDER / language / "LC_MESSAGES" / "desk.po"))


def complaints() -> Iterator[str]:
    """What is wrong, a line each."""
    wanted = set(of_flows(FLOWS.values())) | set(of_the_desk((*WORDS, *FLOWS.by_word)))
    found = {language: catalogue(language) for language in ("ar", "fr")}
    for language, po in found.items():
        entries = {entry.msgid: entry for entry in po}
        ids = {id for id in entries if not id.endswith(".also")}
        yield from (f"{language}: no words for {id}" for id in sorted(wanted - ids))
        yield from (f"{language}: nobody says {id}" for id in sorted(ids - wanted))
        yield from _entries(language, po)
        if len(entries) != len(po):
            yield f"{language}: an address stands twice"
    yield from _blanks(*found.values())


def _entries(language: str, po: Iterable[polib.POEntry]) -> Iterator[str]:
    for entry in po:
        forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.fuzzy or not all(form.strip() for form in forms):
            yield f"{language}: {entry.msgid} is empty or fuzzy"
        if entry.msgid_plural and (entry.msgid_plural != entry.msgid or len(forms) != FORMS[language]):
            yield f"{language}: {entry.msgid} has not {FORMS[language]} plural forms"
        if entry.msgid.endswith(".also"):
            continue
        for form in forms:
            if re.search(r"\d \d", form):
                yield f"{language}: {entry.msgid}: a plain space inside a number flips it in Arabic"
            if form != form.strip() or "  " in form:
                yield f"{language}: {entry.msgid}: stray spaces"


def _blanks(ar: polib.POFile, fr: polib.POFile) -> Iterator[str]:
    texts = [{entry.msgid: entry for entry in po} for po in (ar, fr)]
    for id in sorted(set(texts[0]) & set(texts[1])):
        one, other = (_all_blanks(text[id]) for text in texts)
        if one != other:
            yield f"{id}: the placeholders differ: {sorted(one)} and {sorted(other)}"


def _all_blanks(entry: polib.POEntry) -> set[str]:
    return set(BLANK.findall(" ".join([entry.msgstr, *entry.msgstr_plural.values()])))


if __name__ == "__main__":
    said = list(complaints())
    print("\n".join(said) or "catalogues: complete in both languages")
    sys.exit(bool(said))
