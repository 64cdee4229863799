"""`bot.py dead`: what was put aside, without a word of it; and put in the way of the desk again."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.build import at_the_server
from handlers.body import mended_json, mended_text
from handlers.telegram import receive as telegram
from handlers.whatsapp import receive as whatsapp
from models.inbound import Inbound, InboundState
from models.sealed import UNREADABLE
from models.unread import Unread, units, unseal_unit
from services.context import Desk
from services.people.journal import record_act
from services.turns.receive import store_inbound
from settings import Settings

Show = Callable[[str], None]
ASIDE = (InboundState.DEAD, InboundState.BEFORE)
MOMENT = "%Y-%m-%d %H:%M:%S"


def list_dead(settings: Settings, show: Show) -> int:
    """Print what was put aside, a line each: kind, number, moment in UTC, channel, reason, size. No words."""
    with at_the_server(settings) as (db, _):
        dead = sa.select(Inbound).where(Inbound.state.in_(ASIDE)).order_by(Inbound.id)
        messages, unread = db.scalars(dead).all(), units(db)
        for row in messages:
            size = len(row.body or b"")
            why = f"tried {row.tries} times" if row.state == InboundState.DEAD else "of before the copy"
            show(f"message {row.id}  {row.received_at:{MOMENT}}  {row.channel}  {why}  {size} bytes")
        for unit in unread:
            at = f"{unit.at:{MOMENT}}"
            show(f"unit {unit.id}  {at}  {unit.channel}  {unit.reason}  {len(unit.body)} bytes")
    show(f"{len(messages)} messages and {len(unread)} units put aside")
    return 0


def again(settings: Settings, before: bool, show: Show) -> int:
    """Put all of it in the way of the desk again; a desk that serves takes it within a second. `before`: also what was
    written before a copy, and most likely answered then. 1 when a unit still cannot be read.
    """
    with at_the_server(settings) as (db, desk):
        states = ASIDE if before else (InboundState.DEAD,)
        dead = sa.update(Inbound).where(Inbound.state.in_(states), Inbound.body.is_not(None))
        messages = db.connection().execute(dead.values(state=InboundState.STORED, tries=0)).rowcount
        read = left = 0
        for unit in units(db):
            if _again(db, desk, unit):
                db.delete(unit)
                read += 1
            else:
                left += 1
        record_act(db, desk, None, "server_again", None)
    show(f"{messages} messages and {read} units are to be read again; {left} units still cannot be read")
    return 1 if left else 0


def _again(db: Session, desk: Desk, unit: Unread) -> bool:
    try:
        body = unseal_unit(desk.sealer, unit)
        return READERS[unit.channel](db, desk, body)
    except (*UNREADABLE, orjson.JSONEncodeError):
        return False


def _telegram(db: Session, desk: Desk, body: bytes) -> bool:
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError:
        update = mended_json(body)
    found = telegram.envelope(update)
    if found is None or found.group:
        return False
    store_inbound(db, desk, telegram.CHANNEL, found.external_id, found.address, orjson.dumps(update))
    return True


def _whatsapp(db: Session, desk: Desk, body: bytes) -> bool:
    pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="surrogateescape")
    fields = {mended_text(name): mended_text(value) for name, value in pairs}
    found = whatsapp.envelope(fields)
    if found is None:
        return False
    packed = orjson.dumps(fields)
    store_inbound(db, desk, whatsapp.CHANNEL, found.external_id, found.address, packed, found.also)
    return True


READERS: Mapping[str, Callable[[Session, Desk, bytes], bool]] = {
    telegram.CHANNEL: _telegram,
    whatsapp.CHANNEL: _whatsapp,
}
