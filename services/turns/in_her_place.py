"""What a colleague does to the conversation of who asked for a person: answers its open question, gives it back."""

from sqlalchemy.orm import Session

from conversations.desk import open_forms
from conversations.forms import engine
from conversations.forms.flow import Step, lift, locate
from conversations.forms.prompts import label, name
from conversations.values import Heard, Operation, OperationResult, Reply, Say, SubjectKind
from models.contact import Contact, lock_contact
from models.person_request import RequestState
from services.chats import read_chat, write_chat
from services.context import Desk
from services.outbox.messages import enqueue_notice, enqueue_reply, spoken_reply
from services.people.request_answers import NO_REQUEST, locked_request, not_answerable
from services.people.request_ring import number_of
from services.turns.lookups import turn_context


def answer_in_place(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Answer the question that is open with who asked, in her place, and tell her; never a consent, and nothing that
    would end her form. Returns what the colleague is told; refused where no such question stands open, or the words are
    no answer to it.
    """
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None or request is None:
        return refused or NO_REQUEST
    asker = lock_contact(db, request.contact_id)
    chat = read_chat(desk, asker)
    flow = desk.flows.get(chat.open)
    if flow is None or chat.open not in chat.forms or flow.role is not None:
        return OperationResult((Say("staff.in_place.nothing"),), refused=True)
    context = turn_context(db, desk, asker, chat)
    state = lift(flow, chat.form.state)
    place = locate(flow, state, context)
    if not isinstance(place.at, Step) or (flow.persons is not None and place.at.id == flow.persons.consent):
        return OperationResult((Say("staff.in_place.nothing"),), refused=True)
    turned = engine.turn(flow, state, Heard(str(operation.answers.get("words", ""))), context)
    if not turned.taken or turned.operation is not None or place.at.id not in turned.state.answers:
        return OperationResult(
            (Say("staff.in_place.unclear", {"question": Say(name(flow, place.at.id))}),), refused=True
        )
    write_chat(desk, asker, chat.put(turned.state))
    after = locate(flow, turned.state, context)
    said = label(flow, after, place.at, turned.state.answers[place.at.id])
    both = {"question": Say(name(flow, place.at.id)), "answer": said}
    told = Reply((Say("desk.person.in_place", both),))
    enqueue_notice(db, desk, asker, told, about=SubjectKind.ANSWER.of(request.number))
    return OperationResult((Say("staff.in_place.done", both),))


def close_request(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Close a request; who asked is told, and her own question stands again. Returns what the colleague is told."""
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None or request is None:
        return refused or NO_REQUEST
    request.state, request.claimed_by = RequestState.CLOSED, contact.id
    asker = lock_contact(db, request.contact_id)
    chat = read_chat(desk, asker)
    if chat.with_person and asker.channel is not None and asker.address is not None:
        context = turn_context(db, desk, asker, chat)
        decision = open_forms.back_to_the_desk(chat, context, desk.flows, Say("desk.person.closed"))
        write_chat(desk, asker, decision.chat)
        spoken = spoken_reply(desk, decision.chat, decision, context)
        enqueue_reply(db, desk, asker, asker.channel, asker.address, spoken, decision.about)
    return OperationResult((Say("staff.request.closed", {"number": number_of(request)}),))
