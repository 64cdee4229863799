"""What people type for a name, a phone, a day, an hour, a count, a place, a text: tables."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from conversations.forms.flow import Asked, Case, Got, Maybe, Option, Step, Unclear
from conversations.forms.kinds import Count, Day, Hour, Name, Phone, Pin, Search, Words
from tests.desks import world

NOW = datetime(2026, 11, 23, 10, 0)
WORLD = replace(world(), now=NOW)


def read(kind: Any, words: str, answers: dict[str, Any] | None = None, shown: tuple[str, ...] = ()) -> Any:
    step = Step("x", kind, tuple(map(Option, shown)))
    return kind.read(words, Asked("plan", step, Case(answers or {}, WORLD), {"shown": list(shown)}))


def means(kind: Any, words: str, expected: Any, answers: dict[str, Any] | None = None) -> None:
    found = read(kind, words, answers)
    if isinstance(expected, str) and expected.startswith("?"):
        assert isinstance(found, Unclear), found
        assert found.reason == expected[1:]
    else:
        assert isinstance(found, Got), found
        assert found.value == expected
        assert kind.holds(found.value, Step("x", kind), WORLD)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("محمد بن عبد الله", "محمد بن عبد الله"), ("Aït Ben-Haddou", "Aït Ben-Haddou"), ("El Ouafi", "El Ouafi"),
        ("N'Daye", "N'Daye"), ("ⵎⵓⵃⵎⵎⴷ", "ⵎⵓⵃⵎⵎⴷ"), ("  Amina   El Alaoui ", "Amina El Alaoui"),
        ("e\u0301lise", "élise"), ("\u202eAmina\u200f", "Amina"), ("محـــمد", "محـــمد"), ("مُحَمَّد", "مُحَمَّد"),
        ("عبد\u200cالله", "عبد\u200cالله"), ("None", "None"), ("null", "null"), ("a\x00bc", "abc"),
        ("", "?not_a_name"), ("   ", "?not_a_name"), ("\u200b", "?not_a_name"), ("a", "?not_a_name"),
        ("a" * 101, "?not_a_name"), ("ab " * 2000, "?not_a_name"), ("M0hamed", "?digits"), ("محمد٣", "?digits"),
        ("😀😀", "?not_a_name"), ("a" + "\u0301" * 40 + "b", "?not_a_name"), ("=HYPERLINK(x)", "?not_a_name"),
        ("<b>x</b>", "?not_a_name"), ("{{7*7}}", "?digits"), ("Amina\nAlaoui", "?two_lines"), ("²ab", "?digits"),
    ],
)  # fmt: skip
def test_names(words: str, expected: str) -> None:
    means(Name(), words, expected)


@pytest.mark.parametrize("words", ["Аhmed", "Amina أمينة", "Ωmega"])
def test_a_name_in_another_script_is_said_back(words: str) -> None:
    assert isinstance(read(Name(), words), Maybe)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("0612345678", "+212612345678"), ("06 12 34 56 78", "+212612345678"), ("06-12.34/56 78", "+212612345678"),
        ("+212612345678", "+212612345678"), ("00212612345678", "+212612345678"), ("212612345678", "+212612345678"),
        ("+212 (0)6 12 34 56 78", "+212612345678"), ("+2120612345678", "+212612345678"),
        ("٠٦١٢٣٤٥٦٧٨", "+212612345678"), ("０６１２３４５６７８", "+212612345678"), ("0712345678", "+212712345678"),
        ("061234567", "?not_a_phone"), ("06123456789", "?not_a_phone"), ("0812345678", "?not_a_phone"),
        ("112", "?not_a_phone"), ("O612345678", "?not_a_phone"), ("whatsapp:+212612345678", "?not_a_phone"),
        ("0612345678;ext=5", "?not_a_phone"), ("0612345678\u202e", "+212612345678"), ("salam", "?not_a_phone"),
        ("0612345678 0661234567", "?two_phones"), ("9" * 5000, "?not_a_phone"),
    ],
)  # fmt: skip
def test_phones(words: str, expected: str) -> None:
    means(Phone(), words, expected)


@pytest.mark.parametrize("words", ["+33612345678", "0522334455"])
def test_a_foreign_or_fixed_number_is_said_back(words: str) -> None:
    assert isinstance(read(Phone(), words), Maybe)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("7/12/2026", "2026-12-07"), ("07-12-2026", "2026-12-07"), ("7.12.26", "2026-12-07"), ("7/12", "2026-12-07"),
        ("2026-12-07", "2026-12-07"), ("٧/١٢/٢٠٢٦", "2026-12-07"), ("۷/۱۲/۲۰۲۶", "2026-12-07"),
        ("7 décembre", "2026-12-07"), ("le lundi 7 décembre 2026", "2026-12-07"), ("1er décembre", "2026-12-01"),
        ("7 دجنبر", "2026-12-07"), ("يوم الاثنين 7 دجنبر 2026", "2026-12-07"), ("10 janvier", "2027-01-10"),
        ("غدا", "2026-11-24"), ("demain", "2026-11-24"), ("ghda", "2026-11-24"), ("après-demain", "2026-11-25"),
        ("aujourd'hui", "2026-11-23"), ("22/11", "2027-11-22"),
        ("31/11/2026", "?no_such_day"), ("31/11", "?no_such_day"), ("00/01/2027", "?no_such_day"),
        ("29/02/2027", "?no_such_day"), ("22/11/2026", "?past"), ("01/01/1990", "?past"), ("7/12/2090", "?too_far"),
        ("7/12/20266", "?not_a_day"), ("7", "?not_a_day"), ("lundi", "2026-11-30"), ("12e mars", "?not_a_day"), ("hier", "?past"), ("أمس", "?past"),
        ("", "?not_a_day"), ("9" * 5000, "?not_a_day"), ("²/12/2026", "?not_a_day"),
    ],
)  # fmt: skip
def test_days(words: str, expected: str) -> None:
    means(Day(370), words, expected)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("10", "10:00"), ("9h", "09:00"), ("9h30", "09:30"), ("9:30", "09:30"), ("٩:٣٠", "09:30"), ("10.15", "10:15"),
        ("15 h", "15:00"), ("15 heures 30", "15:30"), ("à 10 h", "10:00"), ("10 صباحا", "10:00"),
        ("3 بعد الزوال", "15:00"), ("الساعة 10", "10:00"), ("3 de l'après-midi", "15:00"), ("10 du matin", "10:00"),
        ("25:00", "?no_such_hour"), ("10:75", "?no_such_hour"), ("3", "?odd_hour"), ("23:30", "?odd_hour"),
        ("midi et demi", "?not_an_hour"), ("", "?not_an_hour"), ("dix", "?not_an_hour"), ("²", "?not_an_hour"),
        ("10 11", "?not_an_hour"), ("-9", "?not_an_hour"),
    ],
)  # fmt: skip
def test_hours(words: str, expected: str) -> None:
    means(Hour("day", time(7), time(21)), words, expected, {"day": "2026-12-07"})


@pytest.mark.parametrize(("words", "expected"), [("Guelmim", "guelmim"), ("كلميم", "guelmim"), ("tan-tan", "tan_tan")])
def test_the_very_name_of_a_place_is_the_place(words: str, expected: str) -> None:
    means(Search("provinces", shows=True), words, expected)


def test_an_hour_that_is_not_taken_is_refused_with_its_limits() -> None:
    found = read(Hour("day", time(8), time(20, 30)), "20h45", {"day": "2026-12-07"})
    assert isinstance(found, Unclear)
    assert found.placeholders == {"first": time(8), "last": time(20, 30)}


def test_an_hour_already_past_today() -> None:
    kind = Hour("day", time(7), time(21))
    means(kind, "9:30", "?past_hour", {"day": date(2026, 11, 23).isoformat()})
    means(kind, "10:30", "10:30", {"day": date(2026, 11, 23).isoformat()})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("40", 40),
        ("٤٠", 40),
        ("1 000", 1000),
        ("0", "?not_a_count"),
        ("-1", "?not_a_count"),
        ("²", "?not_a_count"),
        ("3.5", "?not_a_count"),
        ("1e3", "?not_a_count"),
        ("99999999999", "?not_a_count"),
        ("", "?not_a_count"),
    ],
)
def test_counts(words: str, expected: Any) -> None:
    means(Count(1, 10_000), words, expected)


def test_the_very_count() -> None:
    kind = Count(0, 10_000, exactly="expected")
    means(kind, "214", 214, {"expected": 214})
    for wrong in ("213", "2140", "21"):
        means(kind, wrong, "?other_count", {"expected": 214})
    means(kind, "214", "?other_count")  # nothing was frozen


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("28.98696,-10.05738", "28.98696,-10.05738"),
        ("48.85,2.35", "?elsewhere"),
        ("nan,nan", "?not_a_place"),
        ("28,-10", "?not_a_place"),
        ("ici", "?not_a_place"),
        ("https://maps.app.goo.gl/abc", "?no_place_in_link"),
        ("https://www.google.com/maps/@28.98,-10.05,17z", "28.98000,-10.05000"),
        ("999.0,0.0", "?not_a_place"),
    ],
)
def test_pins(words: str, expected: str) -> None:
    means(Pin(), words, expected)


@pytest.mark.parametrize(
    ("written", "words", "expected"),
    [
        ("ar", "نلتقي يوم الخميس", "نلتقي يوم الخميس"),
        ("ar", "Rendez-vous jeudi", "?script"),
        ("ar", "  ", "?empty"),
        ("fr", "Rendez-vous jeudi", "Rendez-vous jeudi"),
        ("fr", "نلتقي", "?script"),
        ("fr", "12345", "?empty"),
        ("fr", "à " * 600, "?too_long"),
        ("fr", "Bonjour {nom}", "?blank"),
        ("fr", "Le [date] à Assa", "?blank"),
        ("fr", "Le <b>gras</b>", "?blank"),
        ("fr", "un\n\n\n\ndeux \u202e", "un\n\ndeux"),
        ("ar", "لقاء أمو CNSS في دار الشباب", "لقاء أمو CNSS في دار الشباب"),
    ],
)
def test_texts(written: str, words: str, expected: str) -> None:
    means(Words(1000, written), words, expected)
