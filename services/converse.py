"""One message of a contact has its effect: one transaction a turn, oldest message first."""

import logging
import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conversations import desk as mind
from conversations.values import Heard, Reply, Say
from models.contact import Contact, locked
from models.inbound import DEAD, Inbound, mark_done, next_waiting, unseal_body
from services import outbox, person
from services.chats import read_chat, write_chat
from services.desk import Desk

log = logging.getLogger(__name__)

LEFT, CAME_BACK = "left", "came_back"  # what a channel says of a person who blocks the desk
TRIES = 5


@dataclass(frozen=True, slots=True)
class Turned:
    """A message that had its effect. `taken`: the button it came from is spent."""

    channel: str
    body: bytes
    taken: bool


def converse(db: Session, desk: Desk, contact_id: uuid.UUID) -> Turned | None:
    """The contact's oldest waiting message: its turn, its outcome, its reply. None: none waits."""
    contact = locked(db, contact_id)
    row = next_waiting(db, contact_id)
    if row is None:
        return None
    body = unseal_body(desk.sealer, row)
    heard = desk.hear[row.channel](body)
    taken = False
    if heard is not None and heard.media in (LEFT, CAME_BACK):
        contact.unreachable_at = desk.clock.now() if heard.media == LEFT else None
    elif heard is not None:
        taken = _turn(db, desk, contact, row, heard)
    mark_done(db, row)
    return Turned(row.channel, body, taken)


def _turn(db: Session, desk: Desk, contact: Contact, row: Inbound, heard: Heard) -> bool:
    now = desk.clock.now()
    decision = mind.decide(read_chat(desk, contact), heard, desk.world(), desk.flows)
    contact.heard_at, contact.unreachable_at = now, None
    if decision.stops:
        contact.stopped_at = now
    if decision.asks_person:
        person.ask(db, desk, contact)
    if decision.told is not None:
        person.tell(db, desk, contact, decision.told)
    write_chat(desk, contact, decision.chat)
    spoken = outbox.speak(desk, decision.chat, decision)
    outbox.put(db, desk, contact, row.channel, row.address, spoken)
    return decision.taken


def stumble(db: Session, desk: Desk, contact_id: uuid.UUID) -> bool:
    """A message whose turn raised: counted; the fifth time put aside, and the person told once.

    True while the message should be tried again.
    """
    contact = locked(db, contact_id)
    row = next_waiting(db, contact_id)
    if row is None:
        return False
    row.tries += 1
    if row.tries < TRIES:
        return True
    row.state = DEAD
    log.error("inbound put aside", extra={"inbound": row.id, "channel": row.channel})
    language = contact.language
    spoken = desk.speech.speak((Reply((Say("desk.apology"),)),), language, "0")
    outbox.put(db, desk, contact, row.channel, row.address, spoken)
    return False
