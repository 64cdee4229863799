"""Forecast: when the last person would have a broadcast, by rates, nights and daily limits, and its cost."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from conversations.context import Audience
from conversations.staff.broadcast import filter_of
from conversations.values import Answers
from services.broadcasts.audience import count_audience
from services.broadcasts.broadcasts import departure_of, texts_of
from services.broadcasts.report import price_of
from services.context import Desk
from services.outbox.daily_limit import LIMIT_WINDOW, USED_SHARE, DailyLimit

NO_TEXTS: Mapping[str, str] = {}


def forecast_reach(db: Session, desk: Desk, answers: Answers) -> Audience:
    """Return whom a broadcast would reach as its form stands, when the last person has it, and at what price; nobody
    for a form that is not filled in.
    """
    try:
        where = filter_of(answers)
        at = _departs(desk, answers) or desk.clock.now()
    except KeyError:
        return Audience(0)
    found = count_audience(db, desk, where, texts_of(desk, answers) or NO_TEXTS)
    if not found.count:
        return found
    by: Counter[str] = Counter()
    for (channel, _), count in found.by.items():
        by[channel] += count
    days = _days(db, desk, found)
    ends = _ends(desk, at + desk.policy.undo, by) + LIMIT_WINDOW * (days - 1)
    policy = desk.policy
    return replace(
        found,
        ends=desk.clock.wall(_to_the_minute(ends)),
        days=days,
        cost=price_of(desk, by),
        charged=any(desk.traits(channel).charges for channel in by),
        approval=bool(policy.approve_above) and found.count > policy.approve_above,
        trial=policy.trial if policy.trial and found.count > 2 * policy.trial else 0,
    )


def _to_the_minute(at: datetime) -> datetime:
    return (at + timedelta(seconds=59)).replace(second=0, microsecond=0)


def _days(db: Session, desk: Desk, found: Audience) -> int:
    """Over how many days a provider's limit spreads those who are written to first."""
    limited = [channel for channel in desk.policy.daily if desk.traits(channel).window is not None]
    if not limited or not found.initiated:
        return 1
    most = int(desk.policy.daily[limited[0]] * USED_SHARE)
    today = DailyLimit(db, desk, limited[0], desk.clock.now()).left
    return 1 + max(0, math.ceil((found.initiated - today) / most)) if most else 1


def _ends(desk: Desk, starts: datetime, by: Counter[str]) -> datetime:
    """The slowest channel's last, with the nights between."""
    seconds = max((count / desk.policy.rates.get(channel, 30.0) for channel, count in by.items()), default=0.0)
    at, left = _awake(desk, starts), timedelta(seconds=seconds)
    for _ in range(60):  # nights at most
        bedtime = _bedtime(desk, at)
        if bedtime is None or at + left <= bedtime:
            return at + left
        left -= bedtime - at
        at = _awake(desk, bedtime)
    return at + left


def _awake(desk: Desk, at: datetime) -> datetime:
    """The moment, or the end of the night it falls in."""
    wall = desk.clock.wall(at)
    if desk.policy.quiet is None or not desk.policy.is_quiet(wall):
        return at
    ends = datetime.combine(wall.date(), desk.policy.quiet[1])
    return desk.clock.at(ends if ends > wall else ends + LIMIT_WINDOW)


def _bedtime(desk: Desk, at: datetime) -> datetime | None:
    """When the next night begins."""
    if desk.policy.quiet is None:
        return None
    wall = desk.clock.wall(at)
    begins = datetime.combine(wall.date(), desk.policy.quiet[0])
    return desk.clock.at(begins if begins > wall else begins + LIMIT_WINDOW)


def _departs(desk: Desk, answers: Answers) -> datetime | None:
    """When it is to leave; None for at once, or an hour that is past. Raises KeyError while it is not filled in."""
    try:
        return departure_of(desk, answers)
    except ValueError:
        return None
