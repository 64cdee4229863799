"""Which messages of the outbox may leave now, and where to: answers first, in the order of their chat."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models.contact import Address, Contact
from models.delivery import IS_OPEN, Delivery, DeliveryKind, DeliveryState
from models.rows import Utc

_earlier = aliased(Delivery)
_earlier_open = _earlier.state.in_(
    [sa.literal_column(f"'{state}'") for state in (DeliveryState.PENDING, DeliveryState.SENDING)]
)
_same_chat = sa.and_(_earlier.contact_id == Delivery.contact_id, _earlier.channel == Delivery.channel, _earlier_open)
_is_reply = Delivery.kind == sa.literal_column(f"'{DeliveryKind.REPLY}'")
_is_pending = Delivery.state == sa.literal_column(f"'{DeliveryState.PENDING}'")
_is_notice = sa.and_(Delivery.kind != sa.literal_column(f"'{DeliveryKind.REPLY}'"), Delivery.broadcast_id.is_(None))
# Replies wait for the replies before them; a notice waits for every reply, and for the notices before it.
_AFTER_REPLIES = sa.exists().where(_same_chat, _earlier.kind == DeliveryKind.REPLY, _earlier.seq < Delivery.seq)
_AFTER_ALL = sa.exists().where(
    _same_chat,
    sa.or_(
        _earlier.kind == DeliveryKind.REPLY,
        sa.and_(
            _earlier.broadcast_id.is_(None),
            _earlier.id < Delivery.id,
            _earlier.due_at <= sa.bindparam("now", type_=Utc),
        ),
    ),
)


def _due(*where: sa.ColumnElement[bool]) -> sa.Select[Delivery, Address, Contact]:
    return (
        sa.select(Delivery, Address, Contact)
        .join(Address, sa.and_(Address.channel == Delivery.channel, Address.blind == Delivery.address))
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(
            _is_pending,
            *where,
            Delivery.channel == sa.bindparam("channel"),
            Delivery.due_at <= sa.bindparam("now", type_=Utc),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(of=Delivery, skip_locked=True)
    )


_REPLIES = _due(_is_reply, ~_AFTER_REPLIES)
_ALL_NOTICES = _due(_is_notice, ~_AFTER_ALL)
_NOTICES = _ALL_NOTICES.where(Delivery.kind == DeliveryKind.NOTICE)
_JOINED = (
    sa.select(Delivery, Address, Contact)
    .join(Address, sa.and_(Address.channel == Delivery.channel, Address.blind == Delivery.address))
    .join(Contact, Contact.id == Delivery.contact_id)
    .order_by(Delivery.due_at, Delivery.id)
)
# The first of a broadcast, read off its index: who is behind them is not looked at, however many.
_HEADS = (
    sa.select(Delivery.id, Delivery.contact_id)
    .with_hint(Delivery, "INDEXED BY ix_delivery_bulk_due", "sqlite")
    .where(
        _is_pending,
        Delivery.broadcast_id == sa.bindparam("broadcast", type_=sa.Integer),
        Delivery.broadcast_id.is_not(None),
        Delivery.channel == sa.bindparam("channel"),
        Delivery.due_at <= sa.bindparam("now", type_=Utc),
    )
    .order_by(Delivery.due_at, Delivery.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
LOOK_AHEAD = 32  # of the first, how many may wait for their chat's own replies before the others do

Ready = list[tuple[Delivery, Address, Contact]]


def _ready(db: Session, due: sa.Select[Delivery, Address, Contact], channel: str, now: datetime, most: int) -> Ready:
    rows = db.execute(due, {"channel": channel, "now": now, "most": most})
    return [(row, address, contact) for row, address, contact in rows]


def ready_replies(db: Session, channel: str, now: datetime, most: int) -> Ready:
    """Return replies that may leave, with where they go: due, and none of the same chat before them."""
    return _ready(db, _REPLIES, channel, now, most)


def ready_notices(db: Session, channel: str, now: datetime, most: int, *, quiet: bool) -> Ready:
    """Return what else goes to one person; in quiet hours only what one person awaits of another."""
    return _ready(db, _NOTICES if quiet else _ALL_NOTICES, channel, now, most)


def ready_broadcast(db: Session, channel: str, broadcast_id: int, now: datetime, most: int) -> Ready:
    """Return deliveries of one broadcast that may leave: due, and nothing else leaving for the same chat."""
    given = {"broadcast": broadcast_id, "channel": channel, "now": now, "most": most + LOOK_AHEAD}
    heads = db.execute(_HEADS, given).all()
    if not heads:
        return []
    open_now = sa.and_(
        sa.text(f"delivery.{IS_OPEN}"),
        Delivery.contact_id.in_([contact for _, contact in heads]),
        Delivery.channel == channel,
        sa.or_(Delivery.kind == DeliveryKind.REPLY, Delivery.state == DeliveryState.SENDING),
    )
    busy = set(db.scalars(sa.select(Delivery.contact_id).where(open_now)))
    free = [id for id, contact in heads if contact not in busy][:most]
    return [tuple(row) for row in db.execute(_JOINED.where(Delivery.id.in_(free)))] if free else []  # type: ignore[misc]
