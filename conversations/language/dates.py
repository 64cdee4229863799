"""Days and hours as people type them, in every script, in digits or with the month's name."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from conversations.language.understand import clean, fold
from conversations.values import Spellings

ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})\Z", re.ASCII)
DAY_FIRST = re.compile(r"([0-9]{1,2})\s*[-/. ]\s*([0-9]{1,2})(?:\s*[-/. ]\s*([0-9]{2,5}))?\Z", re.ASCII)
HOUR = re.compile(r"([0-9]{1,2})\s*(?:(?::|\.|h|heures?|heure)\s*([0-9]{1,2})?)?\Z", re.ASCII)
ODD_DIGIT = re.compile(r"[²³¹¼-¾]|[\u2150-\u218b\u2460-\u24ff]")  # folded they would be digits
OTHER_CALENDAR = range(1300, 1471)  # years of it in which a living person may be born
OTHER_MONTH = "?"
PARTS = ("morning", "noon", "afternoon", "evening")


class NoSuchDay(ValueError):
    """A day the calendar does not have: 31/11."""


class NoSuchHour(ValueError):
    """An hour the clock does not have: 25:00."""


def day(words: str, today: date, spellings: Spellings) -> date | None:
    """The day a message names; without a year, the next such day. NoSuchDay; None: not a day."""
    said = fold(words)
    for name, after in (("yesterday", -1), ("today", 0), ("tomorrow", 1), ("after_tomorrow", 2)):
        if said in spellings.get(f"day.{name}", ()):
            return today + timedelta(days=after)
    for number in range(7):
        if said.removeprefix("يوم ") in spellings.get(f"weekday.{number}", ()):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    text = clean(words).strip(" .،,")
    found = ISO.match(text)
    if found:
        return _date(int(found[1]), int(found[2]), int(found[3]))
    found = DAY_FIRST.match(text)
    if found:
        return _in_year(int(found[1]), int(found[2]), found[3], today)
    return _named(said, today, spellings)


@dataclass(frozen=True, slots=True)
class Born:
    """A day of birth as it was written. `doubtful`: day and month could be each other."""

    year: int
    month: int | None = None
    day: int | None = None
    doubtful: bool = False


def born(words: str, spellings: Spellings) -> Born | None:
    """`12/3/1990`, `1990-03-12`, `12 march 1990`, `born in 1962`, in every script. NoSuchDay; None: none.

    The year alone, or with its month, is a year. Of a year of two digits, or of another calendar (1300 to
    1470), only the year is told.
    """
    text = clean(words)
    if ODD_DIGIT.search(text):
        return None
    months = {word: month for month in range(1, 13) for word in spellings.get(f"month.{month}", ())}
    numbers = {word: number for number in range(1, 32) for word in spellings.get(f"number.{number}", ())}
    if re.match(r"[0-9]{8}\Z", text, re.ASCII) and "1900" <= text[4:] <= "2099":
        text = f"{text[:2]}/{text[2:4]}/{text[4:]}"
    aside = {word for name in ("day.aside", "birth.aside") for word in spellings.get(name, ())}
    others = spellings.get("month.hijri", ())
    parts: list[int | str] = []  # numbers as they stand; a month by its name, as text
    for token in fold(text).split():
        plain = re.match(r"([0-9]{1,5})(?:er)?\Z", token, re.ASCII)
        if plain:
            parts.append(int(plain[1]))
        elif token in others:
            parts.append(OTHER_MONTH)
        elif token in months:
            parts.append(str(months[token]))
        elif token in numbers:
            parts.append(numbers[token])
        elif token not in aside:
            return None
    return _born(parts)


def _born(parts: list[int | str]) -> Born | None:
    if len(parts) == 3 and isinstance(parts[0], int) and parts[0] > 31:
        parts.reverse()  # the year first
    year = parts[-1] if parts else None
    if not isinstance(year, int) or not (0 < year < 100 or 1000 <= year <= 9999):
        return None
    if len(parts) == 1:
        return Born(year) if year >= 1000 else None
    if year < 100 or year in OTHER_CALENDAR:
        return Born(year)
    if OTHER_MONTH in parts:
        return None
    if len(parts) == 2:
        return Born(year) if 1 <= int(parts[0]) <= 12 else None
    if len(parts) != 3 or not isinstance(parts[0], int):
        return None
    number, month = parts[0], int(parts[1])
    _date(year, month, number)
    return Born(year, month, number, isinstance(parts[1], int) and number <= 12 and number != month)


def _named(said: str, today: date, spellings: Spellings) -> date | None:
    """`7 december`, `monday the 7 of december 2026`."""
    months = {word: month for month in range(1, 13) for word in spellings.get(f"month.{month}", ())}
    weekdays = {word for number in range(7) for word in spellings.get(f"weekday.{number}", ())}
    aside = {*weekdays, *spellings.get("day.aside", ())}
    left = [token for token in said.split() if token not in aside]
    if len(left) not in (2, 3) or left[1] not in months:
        return None
    first = re.match(r"([0-9]{1,2})(?:er)?\Z", left[0], re.ASCII)
    if first is None or (len(left) == 3 and not re.match(r"[0-9]{4}\Z", left[2], re.ASCII)):
        return None
    return _in_year(int(first[1]), months[left[1]], left[2] if len(left) == 3 else None, today)


def _in_year(number: int, month: int, year: str | None, today: date) -> date | None:
    if year is not None:
        if len(year) == 2:
            year = f"20{year}"
        return _date(int(year), month, number) if len(year) == 4 else None
    for each in range(today.year, today.year + 5):  # 29/02 waits for its year
        try:
            found = date(each, month, number)
        except ValueError:
            continue
        if found >= today:
            return found
    raise NoSuchDay(f"{number}/{month}")


def _date(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        raise NoSuchDay(f"{number}/{month}/{year}") from None


def hour(words: str, spellings: Spellings) -> time | None:
    """The hour a message names: `9h`, `9:30`, `9 am`, `3 in the afternoon`. NoSuchHour; None: none."""
    text = _plain(clean(words).lower())
    part = None
    named = ((word, name) for name in PARTS for word in spellings.get(f"day_part.{name}", ()))
    for word, name in sorted(named, key=lambda pair: -len(pair[0])):  # "afternoon" before "noon"
        if f" {word} " in f" {text} " and part is None:
            part, text = name, f" {text} ".replace(f" {word} ", " ").strip()
    for word in spellings.get("hour.aside", ()):
        text = f" {text} ".replace(f" {word} ", " ").strip()
    found = HOUR.match(text)
    if found is None:
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    if part in ("afternoon", "evening") and 1 <= hours < 12:
        hours += 12
    if hours > 23 or minutes > 59:
        raise NoSuchHour(f"{hours}:{minutes}")
    return time(hours, minutes)


def _plain(text: str) -> str:
    """Letters in their one spelling, signs kept: `9:30` stays what it is."""
    return " ".join(token if any(map(str.isnumeric, token)) else fold(token) for token in text.split())
