"""How the service is, for who looks after it: `/status` in the chat, `bot.py doctor` on the server, the alerts."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.roles import Role
from conversations.values import Lines, Named, Reply, Say, SubjectKind
from locales.server import named, told
from models import person_request, staff
from models.inbound import Inbound, InboundState
from models.trouble import Trouble, troubles
from services.context import Desk
from services.hold import current_hold
from services.key_value import get_value
from services.outbox.messages import enqueue_notice
from services.restore_guard import BACKUP_KEY
from services.troubles import TroubleKind, is_now, note_trouble, present_troubles, traits_of
from services.watch import BACKUP_WITHIN, LAST_HEARD, LAST_SENT, last_moment

log = logging.getLogger(__name__)

TOLD_AGAIN_AFTER = timedelta(hours=1)  # of one kind, however long it lasts


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: a sentence of `locales/server.toml`, its blanks, whether it is to be mended."""

    address: str
    blanks: Mapping[str, Any] = field(default_factory=dict)
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """A trouble that is to be told now; `text` in French, for who reads no chat."""

    kind: str
    channel: str
    since: datetime
    count: int
    text: str


def findings(db: Session, desk: Desk) -> list[Finding]:
    """Return what the memory tells of the service: what is wrong first, then how it goes."""
    now = desk.clock.now()
    found = [_finding(desk, row) for row in present_troubles(db, now)]
    if current_hold(db) is not None:
        found.append(Finding("status.held", bad=True))
    if not staff.anybody_is(db, Role.ADMIN):
        found.append(Finding("status.no_admin", bad=True))
    dead = db.scalar(sa.select(sa.func.count()).where(Inbound.state == InboundState.DEAD)) or 0
    if dead:
        found.append(Finding("status.dead", {"count": dead}, bad=True))
    for channel in desk.channels:
        heard, sent = (last_moment(db, what, channel) for what in (LAST_HEARD, LAST_SENT))
        if heard or sent:
            blanks = {"channel": desk.channel_name(channel), "heard": _ago(desk, heard), "sent": _ago(desk, sent)}
            found.append(Finding("status.heard", blanks))
    waiting = person_request.count_requests(db).get(person_request.RequestState.OPEN, 0)
    found.append(Finding("status.requests", {"count": waiting}))
    found.append(_backup(db, desk, now))
    return found


def service_standing(db: Session, desk: Desk) -> Reply:
    """Return how the service is, as it is told in the chat."""
    found = findings(db, desk)
    lines = [_line(named("status.head", {"at": f"{desk.clock.wall():%d/%m %H:%M}"}))]
    if not any(each.bad for each in found):
        lines.append(_line(named("status.well")))
    lines += [_line(named(each.address, each.blanks)) for each in found]
    return Reply((Lines(tuple(lines)),))


def tell_troubles(db: Session, desk: Desk) -> list[Alert]:
    """Tell the admins of every trouble of the present, one an hour a kind. Returns them, for who hears of them beside
    the chat.
    """
    now = desk.clock.now()
    _look_for_backup(db, desk, now)
    last: dict[str, datetime] = {}
    for row in troubles(db):
        if row.told_at is not None and timedelta(0) <= now - row.told_at:
            last[row.kind] = max(row.told_at, last.get(row.kind, row.told_at))
    alerts = []
    for row in present_troubles(db, now):
        if row.count < traits_of(row.kind).told_from or (row.kind in last and now - last[row.kind] < TOLD_AGAIN_AFTER):
            continue
        row.told_at = last[row.kind] = now
        finding = _finding(desk, row)
        reply = Reply((_line(named(finding.address, finding.blanks)),))
        for admin in staff.staff_with(db, Role.ADMIN):
            until = now + TOLD_AGAIN_AFTER  # of what lasts, the next hour tells anew
            enqueue_notice(db, desk, admin, reply, about=SubjectKind.STAFF.of(), not_after=until)
        text = told(finding.address, "fr", finding.blanks)
        alerts.append(Alert(row.kind, row.channel, row.since, row.count, text))
    return alerts


def _look_for_backup(db: Session, desk: Desk, now: datetime) -> None:
    """A backup that was made once, and not for two days, failed whatever the reason."""
    kept = get_value(db, BACKUP_KEY)
    if kept is None:
        return
    at = datetime.fromisoformat(orjson.loads(kept)["at"])
    row = db.get(Trouble, (TroubleKind.BACKUP, ""))
    if now - at > BACKUP_WITHIN and (row is None or not is_now(row, now)):
        note_trouble(db, desk, TroubleKind.BACKUP, detail="> 48 h")


def _finding(desk: Desk, row: Trouble) -> Finding:
    channel: Any = desk.channel_name(row.channel) if row.channel else ""
    blanks = {"channel": channel, "count": row.count, "detail": row.detail or "-"}
    return Finding(f"trouble.{row.kind}", blanks, bad=True)


def _backup(db: Session, desk: Desk, now: datetime) -> Finding:
    kept = get_value(db, BACKUP_KEY)
    if kept is None:
        return Finding("status.no_backup", bad=True)
    made = orjson.loads(kept)
    at = datetime.fromisoformat(made["at"])
    blanks = {"at": f"{desk.clock.wall(at):%d/%m %H:%M}", "size": size(made["bytes"])}
    return Finding("status.backup", blanks, bad=now - at > BACKUP_WITHIN)


def size(count: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("o", "ko", "Mo"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} Go"


def _ago(desk: Desk, at: datetime | None) -> Named | str:
    return named("status.never") if at is None else f"{desk.clock.wall(at):%d/%m %H:%M}"


def _line(said: Named) -> Say:
    return Say("status.line", {"line": said})
