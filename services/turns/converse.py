"""One message of a contact has its effect: one transaction a turn, oldest message first."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from conversations.context import World
from conversations.desk import router as mind
from conversations.desk.after_operation import after
from conversations.desk.chat import Chat
from conversations.forms.flow import Flow, lift, locate
from conversations.forms.kinds.phone import grouped
from conversations.values import Heard, Reply, Say
from models.contact import Contact, locked
from models.delivery import answered_to
from models.inbound import DEAD, Inbound, mark_done, next_waiting, unseal_body
from services.broadcasts import attachments
from services.chats import read_chat, write_chat
from services.context import Desk
from services.outbox import messages
from services.people import assessments, consents, help_requests
from services.people.nudges import watch_draft
from services.turns import operations
from services.turns.lookups import around

log = logging.getLogger(__name__)

BROADCAST = "broadcast"  # the form in which a picture may be handed on
LEFT, CAME_BACK = "left", "came_back"  # what a channel says of a person who blocks the desk
TRIES = 5


@dataclass(frozen=True, slots=True)
class Turned:
    """A message that had its effect. `taken`: the button it came from is spent. `unsays`: the message is
    to be taken off the channel."""

    channel: str
    body: bytes
    taken: bool
    unsays: bool = False


def converse(db: Session, desk: Desk, contact_id: uuid.UUID) -> Turned | None:
    """The contact's oldest waiting message: its turn, its outcome, its reply. None: none waits."""
    contact = locked(db, contact_id)
    row = next_waiting(db, contact_id)
    if row is None:
        return None
    body = unseal_body(desk.sealer, row)
    heard = desk.hear[row.channel](body)
    taken = unsays = False
    if heard is not None and heard.media in (LEFT, CAME_BACK):
        contact.unreachable_at = desk.clock.now() if heard.media == LEFT else None
    elif heard is not None:
        taken, unsays = _turn(db, desk, contact, row, heard)
    mark_done(db, row)
    return Turned(row.channel, body, taken, unsays)


def _turn(db: Session, desk: Desk, contact: Contact, row: Inbound, heard: Heard) -> tuple[bool, bool]:
    now = desk.clock.now()
    before, contact.heard_at, contact.unreachable_at = contact.heard_at, now, None
    contact.channel, contact.address = row.channel, row.address
    _open_window(desk, contact, row, heard)
    if heard.replied_to is not None:
        answered = answered_to(db, contact.id, heard.replied_to)
        heard = replace(heard, about=answered.about if answered else None)
    chat = read_chat(desk, contact)
    world = around(db, desk, contact, chat, before)
    decision = mind.decide(chat, heard, world, desk.flows)
    consents.heed(db, desk, contact, chat, decision.chat)
    if world.silent:
        help_requests.forget(db, contact)
    if heard.file is not None and chat.open == BROADCAST and world.role is not None:
        attachments.noted(db, desk, contact, heard.file)
    if decision.deed is not None:
        done = operations.do(db, desk, contact, decision.deed)
        # what was done may have changed it: a role, a meeting, a file
        world = around(db, desk, contact, decision.chat)
        followed = after(decision.chat, decision.deed, done, world, desk.flows)
        decision = replace(followed, taken=decision.taken, unsays=decision.unsays)
    if decision.stops:
        contact.stopped_at = now
    if decision.asks_person:
        help_requests.ask(db, desk, contact)
    if decision.told is not None:
        help_requests.tell(db, desk, contact, decision.told)
    if decision.finished == (assessments.FLOW, assessments.OUTCOME):
        assessments.keep(db, desk, contact, decision.chat, world)
    stamped = decision.chat.stamped(chat, world.today.isoformat())
    write_chat(desk, contact, stamped)
    watch_draft(desk, contact, decision.chat)
    spoken = messages.speak(desk, decision.chat, decision, world)
    if not spoken.shares and asking_for(chat, world, desk.flows) == "contact":
        spoken = replace(spoken, shared=f"✅ {spelled(chat, decision.chat)}".strip())
    messages.put(db, desk, contact, row.channel, row.address, spoken, decision.about)
    return decision.taken, decision.unsays


def asking_for(chat: Chat, world: World, flows: Mapping[str, Flow]) -> str | None:
    """What the open question may be answered with besides words."""
    if chat.open not in flows or chat.open not in chat.forms:
        return None
    if all(step.media is None for step in flows[chat.open].steps):
        return None  # most forms: no need to find the place
    state = lift(flows[chat.open], chat.form.state)
    return getattr(locate(flows[chat.open], state, world).at, "media", None)


def spelled(before: Chat, after: Chat) -> str:
    """The number that was just given, as it is read aloud."""
    form = after.forms.get(before.open)
    given = str(form.state.answers.get("phone", "")) if form else ""
    return grouped(given) if given.startswith("+") else ""


def _open_window(desk: Desk, contact: Contact, row: Inbound, heard: Heard) -> None:
    """The person wrote: free words may be sent for a while, counted from when she did."""
    window = desk.way(row.channel).window
    if window is not None:
        until = min(heard.sent_at or row.received_at, row.received_at) + window
        contact.window_until = max(until, contact.window_until or until)


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
    messages.put(db, desk, contact, row.channel, row.address, spoken)
    return False
