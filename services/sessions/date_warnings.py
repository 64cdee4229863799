"""The Moroccan week: what speaks against a day and an hour of a session. Warnings; the clerk decides.

Public holidays and the feasts of the moon come from the `holidays` library, where those of the moon are
estimates: a day early or late.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from conversations.values import Answers, Named, Say

FRIDAY_PRAYER = (time(11, 30), time(14, 30))  # Friday, noon: the mosque, then the meal
FASTING_HOURS = (time(9), time(15))  # in Ramadan, offices and workshops keep these hours
LATEST_HOUR = time(19)
RAMADAN_FEAST = "Eid al-Fitr"
RAMADAN_LASTS = timedelta(days=30)
FRIDAY = 4


@lru_cache(maxsize=8)
def _holidays(year: int) -> dict[date, tuple[str, str, str]]:
    """The public holidays of a year, in English, Arabic and French."""
    import holidays

    known = {each: holidays.country_holidays("MA", years=[year], language=each) for each in ("en_US", "ar", "fr")}
    return {
        day: (str(name), str(known["ar"].get(day) or name), str(known["fr"].get(day) or name))
        for day, name in known["en_US"].items()
    }


def holiday(day: date) -> Named | None:
    """Return the public holiday of a day; None when it is none."""
    found = _holidays(day.year).get(day)
    return None if found is None else Named({"ar": found[1], "fr": found[2]})


def in_ramadan(day: date) -> bool:
    """Return whether a day is, or may be, in the month before the feast that ends it."""
    feasts = []
    for year in (day.year, (day + RAMADAN_LASTS).year):
        named = [each for each, (name, _, _) in _holidays(year).items() if RAMADAN_FEAST in name]
        feasts += [min(named)] if named else []
    return any(timedelta(0) < feast - day <= RAMADAN_LASTS + timedelta(days=1) for feast in feasts)


def date_warnings(answers: Answers) -> tuple[Say, ...]:
    """Return what to think of before a session is announced for this day and hour."""
    try:
        day, hour = date.fromisoformat(str(answers["day"])), time.fromisoformat(str(answers["hour"]))
    except (KeyError, ValueError):
        return ()
    at, says = datetime.combine(day, hour), []
    if day.weekday() == FRIDAY and FRIDAY_PRAYER[0] <= hour < FRIDAY_PRAYER[1]:
        says.append(Say("plan.warning.friday"))
    feast = holiday(day)
    if feast is not None:
        says.append(Say("plan.warning.holiday", {"holiday": feast}))
    if in_ramadan(at.date()) and not FASTING_HOURS[0] <= hour < FASTING_HOURS[1]:
        says.append(Say("plan.warning.ramadan"))
    elif hour >= LATEST_HOUR:
        says.append(Say("plan.warning.late"))
    return tuple(says)
