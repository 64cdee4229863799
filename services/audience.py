"""Whom a message to a province or a commune reaches: subscribers, and those who said they come.

A filter that is empty, unknown or half there means nobody, never everybody.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.world import Audience
from models import broadcast
from models.assessment import changed
from models.session import COMES, Attendance, AwarenessSession, Subscription
from services.desk import Desk

Filter = Mapping[str, str]
People = sa.Select[uuid.UUID]


class NoFilter(ValueError):
    """The filter says nothing the desk knows."""


def people(desk: Desk, where: Filter, now: datetime) -> People:
    """The contacts of a filter: {"all": "yes"}, {"province": ...} or {"commune", "province"}; or
    {"changed": "yes"}: whose result a rule has changed."""
    wishes = sa.select(Subscription.contact_id)
    comes = (
        sa.select(Attendance.contact_id)
        .join(AwarenessSession, AwarenessSession.id == Attendance.session_id)
        .where(Attendance.answer == COMES, AwarenessSession.starts_at > now)
    )
    match dict(where):
        case {"all": "yes", **rest} if not rest:
            pass
        case {"changed": "yes", **rest} if not rest:
            return changed()
        case {"commune": commune, "province": province, **rest} if not rest:
            if not place_offered(desk, {"commune": commune, "province": province}):
                raise NoFilter(f"{commune} is not of {province}")
            near = sa.and_(Subscription.province == province, Subscription.reach == "province")
            wishes = wishes.where(sa.or_(Subscription.commune == commune, near))
            comes = comes.where(AwarenessSession.commune == commune)
        case {"province": province, **rest} if not rest:
            _known(desk, "provinces", province)
            wishes = wishes.where(Subscription.province == province)
            comes = comes.where(AwarenessSession.province == province)
        case _:
            raise NoFilter(f"not a filter: {sorted(where)}")
    return sa.select(wishes.union(comes).subquery().c.contact_id)


def place_offered(desk: Desk, given: Mapping[str, Any]) -> bool:
    """Whether a province and a commune may be chosen today, and go together."""
    commune, province = str(given["commune"]), str(given["province"])
    communes = desk.sources["communes"]
    offered = communes.offers(commune) and desk.sources["provinces"].offers(province)
    return offered and communes.fits(commune, {"province": province})


def _known(desk: Desk, source: str, id: str) -> None:
    """A commune the data no longer has is nobody's."""
    if not desk.sources[source].offers(id):
        raise NoFilter(f"{source}: {id} is not known")


def tally(db: Session, desk: Desk, where: Filter) -> Audience:
    """How many a filter would reach, by channel, and who would not be and why."""
    now = desk.clock.now()
    try:
        among = people(desk, where, now)
    except NoFilter:
        return Audience(0)
    by_channel: dict[str, int] = {}
    stopped = unreachable = closed = 0
    for channel, language, count, kind, still_open in broadcast.tally(db, among, now):
        if kind != "reachable":
            stopped += count if kind == "stopped" else 0
            unreachable += count if kind == "unreachable" else 0
            continue
        by_channel[channel] = by_channel.get(channel, 0) + count
        template = desk.policy.template("broadcast", language)
        if desk.way(channel).window is not None and not still_open and not template:
            closed += count
    return Audience(sum(by_channel.values()), by_channel, stopped, unreachable, closed)
