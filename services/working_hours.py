"""When the chamber's people are at work: `WORKING_HOURS` without public holidays; unset, every hour but quiet ones.

Public holidays and the feasts of the moon come from the `holidays` library, where those of the moon are
estimates: a day early or late.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from conversations.values import Named
from services.context import Desk

LONGEST_LOOK = timedelta(days=14)  # a chamber is closed for no longer
DAY_ENDS = time(23, 59, 59)
WorkingWeek = Mapping[int, tuple[tuple[time, time], ...]]


@lru_cache(maxsize=8)
def holidays_of(year: int) -> dict[date, tuple[str, str, str]]:
    """Return the public holidays of a year, in English, Arabic and French."""
    import holidays

    known = {each: holidays.country_holidays("MA", years=[year], language=each) for each in ("en_US", "ar", "fr")}
    return {
        day: (str(name), str(known["ar"].get(day) or name), str(known["fr"].get(day) or name))
        for day, name in known["en_US"].items()
    }


def holiday(day: date) -> Named | None:
    """Return the public holiday of a day; None when it is none."""
    found = holidays_of(day.year).get(day)
    return None if found is None else Named({"ar": found[1], "fr": found[2]})


def _open_spans(desk: Desk, day: date) -> list[tuple[datetime, datetime]]:
    """From when to when somebody is at work that day, on the wall."""
    week = desk.policy.working
    if week:
        spans = () if holiday(day) else week.get(day.weekday(), ())
        return [(datetime.combine(day, begins), datetime.combine(day, ends)) for begins, ends in spans]
    if desk.policy.quiet is None:
        return [(datetime.combine(day, time(0)), datetime.combine(day, DAY_ENDS))]
    begins, ends = desk.policy.quiet
    awake = [(ends, begins)] if begins > ends else [(time(0), begins), (ends, DAY_ENDS)]
    return [(datetime.combine(day, opens), datetime.combine(day, closes)) for opens, closes in awake]


def next_opening(desk: Desk, wall: datetime) -> datetime | None:
    """Return when somebody is at work next, on the wall; None when somebody is now, or nobody soon."""
    day = wall.date()
    while day <= (wall + LONGEST_LOOK).date():
        for begins, ends in _open_spans(desk, day):
            if begins <= wall < ends:
                return None
            if begins > wall:
                return begins
        day += timedelta(days=1)
    return None


def worked_between(desk: Desk, since: datetime, until: datetime) -> timedelta:
    """Return how much of the time between two moments on the wall somebody was at work, two weeks at most."""
    total, day = timedelta(0), since.date()
    while day <= min(until, since + LONGEST_LOOK).date():
        for begins, ends in _open_spans(desk, day):
            total += max(timedelta(0), min(ends, until) - max(begins, since))
        day += timedelta(days=1)
    return total
