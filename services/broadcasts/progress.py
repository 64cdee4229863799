"""Progress cards: what shows authors how far their broadcasts are."""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Spoken
from models.broadcast import Broadcast, BroadcastState
from models.contact import Address, Contact, unseal_address
from models.delivery import Delivery
from models.sealed import UNREADABLE
from services.broadcasts.lifecycle import progress_reply
from services.context import Desk

SHOWN_AFTER_END = timedelta(minutes=2)  # how long after its end a card is still brought up to date


@dataclass(frozen=True, slots=True)
class ProgressCard:
    """A card: whose it is, where it stands, what it says now."""

    broadcast: int
    channel: str
    address: str
    provider_id: str
    spoken: Spoken


def progress_cards(db: Session, desk: Desk) -> list[ProgressCard]:
    """Return the cards of broadcasts on their way, paused, or ended within `SHOWN_AFTER_END`, with what they say
    now.
    """
    ended = sa.or_(
        Broadcast.state.not_in((BroadcastState.CLOSED, BroadcastState.UNDONE)),
        Broadcast.closed_at.is_(None),
        Broadcast.closed_at > desk.clock.now() - SHOWN_AFTER_END,
    )
    rows = db.execute(
        sa.select(Broadcast, Delivery, Address, Contact)
        .join(Delivery, Delivery.id == Broadcast.card)
        .join(Address, sa.and_(Address.channel == Delivery.channel, Address.blind == Delivery.address))
        .join(Contact, Contact.id == Delivery.contact_id)
        .where(ended, Delivery.provider_id.is_not(None))
    )
    found = []
    for row, delivery, address, contact in rows:
        try:
            to = unseal_address(desk.sealer, address)
        except UNREADABLE:
            continue
        spoken = desk.speech.speak((progress_reply(db, row),), contact.language, "0")
        found.append(ProgressCard(row.id, delivery.channel, to, str(delivery.provider_id), spoken))
    return found
