"""Audience: whom a filter means, who of them is written to, and who is left out for which reason.

A filter that is empty, unknown or half there means nobody, never everybody.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import Audience
from conversations.staff.broadcast import ATTENDANCE, FILE_STATES, LANGUAGES, NO_FILE
from models.assessment import contacts_to_notify
from models.broadcast import told_same_words
from models.contact import Contact
from models.registration import Registration
from models.session import Attendance, AttendanceAnswer, AwarenessSession, Subscription, attenders, missing
from services.broadcasts import placeholders
from services.context import Desk

AudienceFilter = Mapping[str, str]
ContactIds = sa.Select[uuid.UUID]
NEWS = "news"
NARROWING_KEYS = ("trade", "file", "attendance", "session", "language", "channel")


class UnknownFilter(ValueError):
    """The filter says nothing the desk knows."""


@dataclass(frozen=True, slots=True)
class SortedAudience:
    """The people of a filter: who is written to, where and in which language; and the others by reason."""

    kept: Sequence[tuple[uuid.UUID, str, str]] = ()
    left: Mapping[str, int] = field(default_factory=dict)
    closed: Collection[uuid.UUID] = ()


def audience_of(desk: Desk, where: AudienceFilter, now: datetime) -> ContactIds:
    """Return a query of the contacts a filter means who wish to be told. Raises UnknownFilter.

    One place: {"all": "yes"}, {"province": ...}, {"commune", "province"}, or {"changed": "yes"}: whose result a rule
    has changed. Beside it any of `trade`, `file`, `attendance` with `session`, `language`, `channel`.
    """
    place = {key: value for key, value in where.items() if key not in NARROWING_KEYS}
    wishes = _of_place(desk, place, now)
    found = sa.select(Contact.id).where(Contact.id.in_(wishes))
    for condition in _narrowed(desk, where):
        found = found.where(condition)
    return found


def _of_place(desk: Desk, place: AudienceFilter, now: datetime) -> ContactIds:
    wishes = sa.select(Subscription.contact_id)
    comes = (
        sa.select(Attendance.contact_id)
        .join(AwarenessSession, AwarenessSession.id == Attendance.session_id)
        .where(Attendance.answer == AttendanceAnswer.COMES, AwarenessSession.starts_at > now)
    )
    match dict(place):
        case {"all": "yes", **rest} if not rest:
            pass
        case {"changed": "yes", **rest} if not rest:
            return contacts_to_notify()
        case {"commune": commune, "province": province, **rest} if not rest:
            if not place_offered(desk, {"commune": commune, "province": province}):
                raise UnknownFilter(f"{commune} is not of {province}")
            near = sa.and_(Subscription.province == province, Subscription.reach == "province")
            wishes = wishes.where(sa.or_(Subscription.commune == commune, near))
            comes = comes.where(AwarenessSession.commune == commune)
        case {"province": province, **rest} if not rest:
            _known(desk, "provinces", province)
            wishes = wishes.where(Subscription.province == province)
            comes = comes.where(AwarenessSession.province == province)
        case _:
            raise UnknownFilter(f"not a filter: {sorted(place)}")
    return sa.select(wishes.union(comes).subquery().c.contact_id)


def _narrowed(desk: Desk, where: AudienceFilter) -> list[sa.ColumnElement[bool]]:
    """Further conditions on a contact, each of which must hold."""
    conditions: list[sa.ColumnElement[bool]] = []
    if (trade := where.get("trade")) is not None:
        files = sa.select(Registration.contact_id).where(Registration.trade.in_(trades_of(desk, trade)))
        conditions.append(Contact.id.in_(files))
    if (state := where.get("file")) is not None:
        if state not in (*FILE_STATES, NO_FILE):
            raise UnknownFilter(f"file: {state} is not known")
        files = sa.select(Registration.contact_id)
        if state == NO_FILE:
            conditions.append(Contact.id.not_in(files))
        else:
            conditions.append(Contact.id.in_(files.where(Registration.state == state)))
    attendance, session = where.get("attendance"), where.get("session")
    if (attendance is None) != (session is None):
        raise UnknownFilter("attendance goes with a session")
    if attendance is not None and session is not None:
        conditions.append(Contact.id.in_(_attended(attendance, session)))
    for key, known, column in (("language", LANGUAGES, Contact.language), ("channel", desk.channels, Contact.channel)):
        if (value := where.get(key)) is not None:
            if value not in known:
                raise UnknownFilter(f"{key}: {value} is not known")
            conditions.append(column == value)
    return conditions


def _attended(attendance: str, session: str) -> ContactIds:
    if attendance not in ATTENDANCE or not (session.isascii() and session.isdigit() and len(session) < 9):
        raise UnknownFilter("attendance of no session")
    id = int(session)
    if attendance == "came":
        return attenders(id)
    if attendance == "missed":
        return missing(id)
    return sa.select(Attendance.contact_id).where(
        Attendance.session_id == id, Attendance.answer == AttendanceAnswer.COMES
    )


def trades_of(desk: Desk, trade: str) -> list[str]:
    """Return a trade, or every trade of a sector (`in.<sector>`). Raises UnknownFilter when there is none."""
    source: Any = desk.sources["trades"]
    if trade.startswith("in."):
        found: list[str] = []
        page, more = 0, True
        while more and trade in source.groups():
            ids, more = source.members(trade, page)
            found += ids
            page += 1
        if found:
            return found
    elif source.offers(trade):
        return [trade]
    raise UnknownFilter(f"trade: {trade} is not known")


def place_offered(desk: Desk, given: Mapping[str, Any]) -> bool:
    """Return whether a province and a commune may be chosen today, and go together."""
    commune, province = str(given["commune"]), str(given["province"])
    communes = desk.sources["communes"]
    offered = communes.offers(commune) and desk.sources["provinces"].offers(province)
    return offered and communes.fits(commune, {"province": province})


def _known(desk: Desk, source: str, id: str) -> None:
    """A commune the data no longer has is nobody's."""
    if not desk.sources[source].offers(id):
        raise UnknownFilter(f"{source}: {id} is not known")


def sort_audience(
    db: Session, desk: Desk, where: AudienceFilter, texts: Mapping[str, str], kind: str = NEWS
) -> SortedAudience:
    """Return the people of a filter who are written to, and the others by reason. Raises UnknownFilter.

    `stopped`: wants no more messages, or none of this kind; `unreachable`: blocked the desk, or left; `no_wish`: has a
    file and never asked for news; `blank`: nothing to put into a placeholder of the words; `repeated`: was told the
    very same within a day. `closed`: of those kept, who is out of the window of a channel that has one, with no
    template.
    """
    now = desk.clock.now()
    among = audience_of(desk, where, now)
    lacks = placeholders.lacking_values(db, desk, among, placeholders.placeholders_in(texts))
    told = told_same_words(db, placeholders.text_hash(texts), now)
    left: Counter[str] = Counter()
    kept, closed = [], set()
    rows = db.execute(
        sa.select(
            Contact.id,
            Contact.channel,
            Contact.language,
            Contact.window_until,
            Contact.stopped_at,
            Contact.unreachable_at,
            Contact.muted,
        ).where(Contact.id.in_(among))
    )
    for id, channel, language, window, stopped, unreachable, muted in rows:
        if stopped is not None or kind in muted.split():
            left["stopped"] += 1
        elif unreachable is not None or channel is None:
            left["unreachable"] += 1
        elif id in told:
            left["repeated"] += 1
        elif id in lacks:
            left["blank"] += 1
        else:
            kept.append((id, channel, language or "ar"))
            if desk.traits(channel).window is not None and not (window is not None and window > now):
                closed.add(id)
    if silent := _never_asked(db, desk, where, among):
        left["no_wish"] = silent
    return SortedAudience(kept, dict(left), closed)


def _never_asked(db: Session, desk: Desk, where: AudienceFilter, among: ContactIds) -> int:
    """People with a file that fits the filter who did not ask for news: counted, never written to."""
    if "trade" not in where and where.get("file", NO_FILE) == NO_FILE:
        return 0
    files = sa.select(Registration.contact_id)
    if "commune" in where:
        files = files.where(Registration.commune == where["commune"])
    elif "province" in where:
        files = files.where(Registration.province == where["province"])
    found = sa.select(sa.func.count(Contact.id)).where(Contact.id.in_(files), Contact.id.not_in(among))
    for condition in _narrowed(desk, where):
        found = found.where(condition)
    return db.scalar(found) or 0


def count_audience(
    db: Session, desk: Desk, where: AudienceFilter, texts: Mapping[str, str], kind: str = NEWS
) -> Audience:
    """Return how many a filter would reach, by channel and language, and who would not be and why; nobody for a
    filter that says nothing.
    """
    try:
        found = sort_audience(db, desk, where, texts, kind)
    except UnknownFilter:
        return Audience(0)
    by: Counter[tuple[str, str]] = Counter((channel, language) for _, channel, language in found.kept)
    bare = sum(
        1 for id, _, language in found.kept if id in found.closed and not desk.policy.template("broadcast", language)
    )
    return Audience(len(found.kept), dict(by), dict(found.left), bare, initiated=len(found.closed) - bare)
