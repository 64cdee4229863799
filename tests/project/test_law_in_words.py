"""No figure of the law is typed into a sentence: amounts, shares, ages, terms and years come from amo/facts.toml."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parent.parent.parent
FIGURE = re.compile(
    r"""
    \d[\d\ \u00a0.,]*\s*(?:DH\b|درهم|%|ريال)          # money, shares
    | \b\d+\s*(?:ans?\b|mois\b|سنة|سنوات|أشهر|شهرا?\b)  # ages, terms
    | (?<![\d/])(?:19|20)\d\d(?![\d/-])                  # years
    | \b\d+,\d{3,}\b                                     # scores
    """,
    re.VERBOSE,
)
# Not figures of the law, by address. A quarter is three months in any law.
NOT_LAW = {
    "eligibility.*": {"3 mois", "3 أشهر"},
    "questions.*": {"3 mois", "3 أشهر"},
    "fact.tax_scale": {"3 أشهر"},
    "factcheck.period.quarter": {"3 أشهر"},
    # how a score is written, not one that counts
    "eligibility.rsu_score.*": {"9,8512345"},
    # how a day of birth is written
    "desk.unclear.not_a_birth": {"1990"},
    # the bounds of our own form
    "desk.unclear.odd_age": {"15 ans", "110 ans", "15 سنة", "110 سنوات", "110"},
}


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence of a catalogue with its address; not what people may type."""
    with (ROOT / "locales" / language / "LC_MESSAGES" / "desk.po").open("rb") as file:
        for message in read_po(file, locale=language):
            address = message.id if isinstance(message.id, str) else message.id[0]
            if address and not address.endswith(".also") and not address.startswith("spell."):
                for each in message.string if isinstance(message.string, tuple) else (message.string,):
                    yield address, str(each)


def typed(address: str, sentence: str) -> list[str]:
    """The figures typed into a sentence that may not stand there."""
    allowed = {each for glob, those in NOT_LAW.items() if fnmatchcase(address, glob) for each in those}
    return [found for found in (match[0].strip() for match in FIGURE.finditer(sentence)) if found not in allowed]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_no_figure_of_the_law_is_typed(language: str) -> None:
    found = [(address, figures) for address, each in sentences(language) if (figures := typed(address, each))]
    assert found == []


@pytest.mark.parametrize(
    "sentence",
    [
        "Environ 163 DH par mois", "حوالي 163 درهم في الشهر", "jusqu'à 26 ans", "حتى 26 سنة", "6,37\u00a0% du revenu",
        "depuis 2026", "في سنة 2027", "au-dessus de 9,743001", "après 3 mois d'attente", "1\u00a0164 DH",
    ],
)  # fmt: skip
def test_a_typed_figure_is_found(sentence: str) -> None:
    assert typed("register.somewhere", sentence)
