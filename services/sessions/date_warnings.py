"""The Moroccan week: what speaks against a day and an hour of a session. Warnings; the clerk decides."""

from datetime import date, datetime, time, timedelta

from conversations.values import Answers, Say
from services.working_hours import holiday, holidays_of

FRIDAY_PRAYER = (time(11, 30), time(14, 30))  # Friday, noon: the mosque, then the meal
FASTING_HOURS = (time(9), time(15))  # in Ramadan, offices and workshops keep these hours
LATEST_HOUR = time(19)
RAMADAN_FEAST = "Eid al-Fitr"
RAMADAN_LASTS = timedelta(days=30)
FRIDAY = 4


def in_ramadan(day: date) -> bool:
    """Return whether a day is, or may be, in the month before the feast that ends it."""
    feasts = []
    for year in (day.year, (day + RAMADAN_LASTS).year):
        named = [each for each, (name, _, _) in holidays_of(year).items() if RAMADAN_FEAST in name]
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
