"""Receive: a message is stored under its own id before anyone is told it arrived."""

import uuid

from sqlalchemy.orm import Session

from models import inbound
from models.contact import Address, Contact, addresses_of, blind_address, contact_at, seal_address
from models.rows import new_id
from services.context import Desk
from services.people.staff import note_other_holder


def store_inbound(
    db: Session,
    desk: Desk,
    channel: str,
    external_id: str,
    address: str,
    body: bytes,
    also: str | None = None,
    aside: bool = False,
) -> uuid.UUID | None:
    """Store a raw message. Returns the contact it is from; None when it was stored before.

    A contact is made at its first message, and found by any of its addresses: `also` is another name the channel gives
    the same person, who must not become two when it drops one of them. A number that comes with another opaque name
    than before has another holder. `aside`: it is kept for who looks into it,
    and has no turn. Two processes that store the same id at once:
    one of them meets the unique constraint, is run again and finds it known.
    """
    external = inbound.blind_external(desk.sealer, channel, external_id)
    if inbound.is_known(db, channel, external):
        return None
    now = desk.clock.now()
    names = {name: blind_address(desk.sealer, channel, name) for name in (address, also) if name}
    blind = names[address]
    at = {name: contact_at(db, channel, key) for name, key in names.items()}
    contact_id = at[address] or next(filter(None, at.values()), None)
    if contact_id is None:
        contact_id = new_id()
        db.add(Contact(id=contact_id, created_at=now, channel=channel, address=blind))
        db.flush()
    elif also and at[address] is not None and at[also] is None and len(addresses_of(db, contact_id, channel)) > 1:
        note_other_holder(db, desk, contact_id)
    for name, key in names.items():
        if at[name] is None:
            sealed = seal_address(desk.sealer, channel, key, name)
            db.add(Address(channel=channel, blind=key, contact_id=contact_id, value=sealed))
            db.flush()
    inbound.insert_inbound(
        db,
        channel=channel,
        external=external,
        contact_id=contact_id,
        address=blind,
        received_at=now,
        body=inbound.seal_inbound(desk.sealer, channel, external, body),
        **({"state": inbound.InboundState.BEFORE} if aside else {}),
    )
    return contact_id
