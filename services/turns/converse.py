"""Converse: give one message its effect, in one transaction a turn, the oldest message first."""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from conversations.context import TurnContext
from conversations.desk import router as mind
from conversations.desk.after_operation import after_operation
from conversations.desk.chat import Chat
from conversations.desk.effects import (
    AskPerson,
    DeleteInbound,
    Effect,
    KeepOutcome,
    KeepQuestion,
    PassOn,
    RecordConsent,
    Stop,
)
from conversations.desk.open_forms import Decision
from conversations.forms.flow import Flow, lift, locate
from conversations.forms.kinds.phone import grouped_phone
from conversations.values import Heard, Reply, Say, Subject, SubjectKind
from models.contact import Contact, lock_contact
from models.delivery import answered_to
from models.inbound import Inbound, InboundState, mark_done, next_waiting, unseal_inbound
from services import attachments
from services.chats import read_chat, write_chat
from services.context import Desk
from services.outbox import messages
from services.people import assessments, consents, help_requests, unanswered
from services.people.nudges import watch_draft
from services.people.request_ring import show_unseen
from services.people.stops import stop_all
from services.turns import operations
from services.turns.lookups import turn_context

log = logging.getLogger(__name__)

REQUEST_FLOW = "requests"  # the list of who asks for a person
BROADCAST_FORM = "broadcast"  # the form in which a picture may be handed on
PERSON_LEFT, PERSON_CAME_BACK = "left", "came_back"  # what a channel says of a person who blocks the desk
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class TurnDone:
    """A message that had its effect. `taken`: the button it came from is spent. `unsays`: the message is
    to be taken off the channel.
    """

    channel: str
    body: bytes
    taken: bool
    unsays: bool = False


def converse(db: Session, desk: Desk, contact_id: uuid.UUID) -> TurnDone | None:
    """Give the contact's oldest waiting message its effect: its turn, its effects, its reply. Returns what was done;
    None when none waits.
    """
    contact = lock_contact(db, contact_id)
    row = next_waiting(db, contact_id)
    if row is None:
        return None
    body = unseal_inbound(desk.sealer, row)
    heard = desk.channels[row.channel].hear(body)
    taken = unsays = False
    if heard is not None and heard.media in (PERSON_LEFT, PERSON_CAME_BACK):
        contact.unreachable_at = desk.clock.now() if heard.media == PERSON_LEFT else None
    elif heard is not None:
        taken, unsays = _turn(db, desk, contact, row, heard)
    mark_done(db, row)
    return TurnDone(row.channel, body, taken, unsays)


def _turn(db: Session, desk: Desk, contact: Contact, row: Inbound, heard: Heard) -> tuple[bool, bool]:
    now = desk.clock.now()
    before, contact.heard_at, contact.unreachable_at = contact.heard_at, now, None
    contact.channel, contact.address = row.channel, row.address
    _open_window(desk, contact, row, heard)
    if heard.replied_to is not None:
        answered = answered_to(db, contact.id, heard.replied_to)
        heard = replace(heard, about=Subject.parse(answered.about) if answered else None)
    chat = read_chat(desk, contact)
    context = turn_context(db, desk, contact, chat, before)
    show_unseen(db, desk, contact, context.roles)
    decision = mind.decide(chat, heard, context, desk.flows)
    if context.silent:
        help_requests.close_after_silence(db, contact)
    if heard.file is not None and chat.open == BROADCAST_FORM and context.roles:
        attachments.prefetch(db, desk, contact, heard.file)
    decision, context = _perform(db, desk, contact, decision, context)
    stamped = decision.chat.stamped(chat, context.today.isoformat())
    write_chat(desk, contact, stamped)
    watch_draft(desk, contact, decision.chat)
    spoken = messages.spoken_reply(desk, decision.chat, decision, context)
    if not spoken.shares and asking_for(chat, context, desk.flows) == "contact":
        spoken = replace(spoken, shared=f"✅ {spelled_phone(chat, decision.chat)}".strip())
    about = decision.about or shown_request(desk, decision.chat)
    messages.enqueue_reply(db, desk, contact, row.channel, row.address, spoken, about)
    return decision.taken, DeleteInbound() in decision.effects


def shown_request(desk: Desk, chat: Chat) -> Subject | None:
    """Return what a colleague is shown of somebody who asked for a person, so that it is erased with her; None when her
    form is about nobody's request.
    """
    flow = desk.flows.get(chat.open)
    if flow is None or flow.role is None or chat.open not in chat.forms:
        return None
    request = chat.form.state.answers.get("request")
    if request is not None:
        return SubjectKind.REQUEST.of(str(request))
    return SubjectKind.QUEUE.of() if flow.id == REQUEST_FLOW else None


# What each effect is: a stop, a wish for a person, words that go on, a result or a question to keep. A consent comes
# before an operation, which asks for it, and an operation before these, for what is said follows from it; what must
# not stand in the chat is the channel's to take off.
PERFORM: Mapping[type[Effect], Callable[[Session, Desk, Contact, Any, Chat, TurnContext], object]] = {
    Stop: lambda db, desk, contact, effect, chat, context: stop_all(desk, contact),
    AskPerson: lambda db, desk, contact, effect, chat, context: help_requests.ask_for_person(
        db, desk, contact, chat, context
    ),
    PassOn: lambda db, desk, contact, effect, chat, context: help_requests.pass_on(db, desk, contact, effect.heard),
    KeepQuestion: lambda db, desk, contact, effect, chat, context: unanswered.keep_question(
        db, desk, contact, effect.words
    ),
    KeepOutcome: lambda db, desk, contact, effect, chat, context: assessments.keep_outcome(
        db, desk, contact, effect.flow, effect.outcome, chat, context
    ),
}


def _perform(
    db: Session, desk: Desk, contact: Contact, decision: Decision, context: TurnContext
) -> tuple[Decision, TurnContext]:
    """Perform a decision's effects; return what is then decided, and the context as it is afterwards."""
    for consent in (effect for effect in decision.effects if isinstance(effect, RecordConsent)):
        consents.record_consent(db, desk, contact, consent.draft, consent.answer)
    if decision.operation is not None:
        done = operations.run_operation(db, desk, contact, decision.operation)
        # what was done may have changed it: a role, a session, a file
        context = turn_context(db, desk, contact, decision.chat)
        followed = after_operation(decision.chat, decision.operation, done, context, desk.flows)
        deletes = tuple(effect for effect in decision.effects if effect == DeleteInbound())
        decision = replace(followed, taken=decision.taken, effects=(*followed.effects, *deletes))
    for effect in decision.effects:
        if type(effect) in PERFORM:
            PERFORM[type(effect)](db, desk, contact, effect, decision.chat, context)
    return decision, context


def asking_for(chat: Chat, context: TurnContext, flows: Mapping[str, Flow]) -> str | None:
    """Return what the open question may be answered with besides words; None for words alone."""
    if chat.open not in flows or chat.open not in chat.forms:
        return None
    if all(step.media is None for step in flows[chat.open].steps):
        return None  # most forms: no need to find the place
    state = lift(flows[chat.open], chat.form.state)
    media = locate(flows[chat.open], state, context).at.media
    return media if isinstance(media, str) else None


def spelled_phone(before: Chat, after: Chat) -> str:
    """Return the number that was just given, as it is read aloud; empty when none was."""
    form = after.forms.get(before.open)
    given = str(form.state.answers.get("phone", "")) if form else ""
    return grouped_phone(given) if given.startswith("+") else ""


def _open_window(desk: Desk, contact: Contact, row: Inbound, heard: Heard) -> None:
    """The person wrote: free words may be sent for a while, counted from when she did."""
    window = desk.traits(row.channel).window
    if window is not None:
        until = min(heard.sent_at or row.received_at, row.received_at) + window
        contact.window_until = max(until, contact.window_until or until)


def count_failure(db: Session, desk: Desk, contact_id: uuid.UUID) -> bool:
    """Count a message whose turn raised; the fifth time put it aside and tell the person once. Returns whether it
    should be tried again.
    """
    contact = lock_contact(db, contact_id)
    row = next_waiting(db, contact_id)
    if row is None:
        return False
    row.tries += 1
    if row.tries < MOST_FAILURES:
        return True
    row.state = InboundState.DEAD
    log.error("inbound put aside", extra={"inbound": row.id, "channel": row.channel})
    language = contact.language
    spoken = desk.speech.speak((Reply((Say("desk.apology"),)),), language, "0")
    messages.enqueue_reply(db, desk, contact, row.channel, row.address, spoken)
    return False
