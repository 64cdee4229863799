"""Days and hours as people type them, in every script, in digits or with the month's name."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from conversations.understand import clean, fold

Spellings = Mapping[str, Sequence[str]]

ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})\Z", re.ASCII)
DAY_FIRST = re.compile(r"([0-9]{1,2})\s*[-/. ]\s*([0-9]{1,2})(?:\s*[-/. ]\s*([0-9]{2,5}))?\Z", re.ASCII)
HOUR = re.compile(r"([0-9]{1,2})\s*(?:(?::|\.|h|heures?|heure)\s*([0-9]{1,2})?)?\Z", re.ASCII)
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
