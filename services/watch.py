"""The watch: what the doors counted is brought to the database, and what only the database shows is looked for."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.delivery import Delivery, DeliveryKind
from models.inbound import Inbound, InboundState
from models.unread import keep_unit
from services.context import Desk
from services.key_value import get_value, set_value
from services.troubles import TroubleKind, note_trouble
from services.unheard import UnheardReason

LANE_WAITS = timedelta(minutes=1)
LANE_LOOKS_BACK = timedelta(days=2)
SPEND_EVERY = timedelta(minutes=10)
BACKUP_WITHIN = timedelta(days=2)
KINDS: Mapping[UnheardReason, TroubleKind] = {
    UnheardReason.UNREADABLE: TroubleKind.UNREAD,
    UnheardReason.TOO_LONG: TroubleKind.UNREAD,
    UnheardReason.FAILED: TroubleKind.UNREAD,
    UnheardReason.SIGNATURE: TroubleKind.SIGNATURE,
    UnheardReason.SECRET: TroubleKind.SECRET,
    UnheardReason.ADDRESSEE: TroubleKind.ADDRESSEE,
}
LAST_HEARD, LAST_SENT = "heard", "sent"


def keep_unheard(
    db: Session,
    desk: Desk,
    counts: Mapping[tuple[str, UnheardReason], int],
    units: Sequence[tuple[str, UnheardReason, bytes]],
    heard: Mapping[str, datetime],
    sent: Mapping[str, datetime],
) -> None:
    """Bring to the database what was counted since the last time, the units to keep, and when each channel was heard
    and written to last.
    """
    for (channel, reason), count in counts.items():
        kind = KINDS.get(reason)
        if kind is not None and count:
            note_trouble(db, desk, kind, channel, count, str(reason))
    for channel, reason, body in units:
        keep_unit(db, desk.sealer, channel, reason, desk.clock.now(), body)
    for what, found in ((LAST_HEARD, heard), (LAST_SENT, sent)):
        for channel, at in found.items():
            set_value(db, f"{what}.{channel}", at.isoformat())


def last_moment(db: Session, what: str, channel: str) -> datetime | None:
    """Return when a channel was last heard (`LAST_HEARD`) or written to (`LAST_SENT`), in UTC; None: never."""
    kept = get_value(db, f"{what}.{channel}")
    return None if kept is None else datetime.fromisoformat(kept)


def look_for_troubles(db: Session, desk: Desk, channels: Collection[str]) -> int:
    """Look for what only the database shows: messages put aside, deliveries nobody knows the end of, lanes that wait,
    money spent. `channels`: those whose doors are open. Returns 0: nothing is to be sent.
    """
    now = desk.clock.now()
    dead = db.scalar(sa.select(sa.func.count()).where(Inbound.state == InboundState.DEAD)) or 0
    _note_more(db, desk, TroubleKind.DEAD, "", dead)
    for channel in channels:
        _note_more(db, desk, TroubleKind.UNKNOWN, channel, _unknown(db, channel))
        waiting = _waiting(db, channel, now)
        if waiting:
            note_trouble(db, desk, TroubleKind.LANE, channel, waiting)
    _look_at_spend(db, desk, now)
    return 0


def _note_more(db: Session, desk: Desk, kind: TroubleKind, channel: str, count: int) -> None:
    """Note a trouble when there are more than were seen before."""
    name = f"seen.{kind}.{channel}"
    seen = int(get_value(db, name) or 0)
    if count > seen:
        note_trouble(db, desk, kind, channel, count - seen)
    if count != seen:
        set_value(db, name, str(count))


def _unknown(db: Session, channel: str) -> int:
    found = sa.select(sa.func.count()).where(sa.text("state = 'unknown'"), Delivery.channel == channel)
    return db.scalar(found) or 0


def _waiting(db: Session, channel: str, now: datetime) -> int:
    """How many messages that one person awaits wait for longer than the lane should."""
    late = sa.select(sa.func.count()).where(
        sa.text("state = 'pending'"),
        Delivery.channel == channel,
        Delivery.kind.in_((DeliveryKind.REPLY, DeliveryKind.NOTICE)),
        Delivery.created_at < now - LANE_WAITS,
        Delivery.created_at > now - LANE_LOOKS_BACK,
        sa.or_(Delivery.due_at < now - LANE_WAITS, Delivery.attempts > 0),
    )
    return db.scalar(late) or 0


def _look_at_spend(db: Session, desk: Desk, now: datetime) -> None:
    """Note, once a day, that messages cost more than was said."""
    most = desk.policy.spend
    if most is None:
        return
    last = get_value(db, "spend.looked")
    if last is not None and timedelta(0) <= now - datetime.fromisoformat(last) < SPEND_EVERY:
        return
    set_value(db, "spend.looked", now.isoformat())
    midnight = desk.clock.at(datetime.combine(desk.clock.today(), datetime.min.time()))
    spent = sum(price * _sent_since(db, channel, midnight) for channel, price in desk.policy.price.items())
    if spent > most:
        note_trouble(db, desk, TroubleKind.SPEND, detail=f"{spent:.0f} DH")


def _sent_since(db: Session, channel: str, since: datetime) -> int:
    found = sa.select(sa.func.count()).where(Delivery.channel == channel, Delivery.sent_at >= since)
    return db.scalar(found) or 0
