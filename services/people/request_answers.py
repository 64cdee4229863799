"""What the chamber's people do with a request: claim, answer, ask for a paper, hand over, give back, mute."""

from datetime import timedelta

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.forms import engine
from conversations.forms.flow import begin
from conversations.forms.kinds.medium import SHAPE
from conversations.language.texts import tidy
from conversations.questions.flow import FLOW as QUESTIONS
from conversations.questions.flow import TOPICS
from conversations.roles import Role, may
from conversations.staff.requests import LINES_SHOWN, LONGEST_ANSWER_WORDS, PAPERS
from conversations.values import Lines, Media, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import staff
from models.attachment import Attachment
from models.contact import Contact
from models.person_request import PersonRequest, RequestState, RequestWords, lock_request, seal_words, words_beside
from models.rows import new_id
from models.staff import StaffState
from services import attachments
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.outbox.reachable import can_be_told
from services.people.request_ring import give_back, in_clear, number_of, ring_words, tell_request, thread_lines
from services.people.staff import member_in_words

HUSHED_FOR = timedelta(days=1)
ANSWER_TEMPLATE = "answer"
NO_REQUEST = OperationResult((Say("desk.done_already"),), refused=True)


def locked_request(db: Session, operation: Operation) -> PersonRequest | None:
    """Return the request an operation is about, locked; None when there is none of that number."""
    text = str(operation.answers.get("request", ""))
    return lock_request(db, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None


def not_answerable(db: Session, desk: Desk, contact: Contact, request: PersonRequest | None) -> OperationResult | None:
    """Return why a colleague may not answer a request now: there is none, it is her own, it is closed, somebody else
    has it in hand or has answered; None when she may.
    """
    if request is None:
        return NO_REQUEST
    number = {"number": number_of(request)}
    if request.contact_id == contact.id:
        return OperationResult((Say("staff.request.own"),), refused=True)
    if request.state == RequestState.CLOSED:
        return OperationResult((Say("staff.answer.over", number),), refused=True)
    if request.claimed_by in (None, contact.id):
        return None
    if request.state == RequestState.ANSWERED:
        return OperationResult((Say("staff.answer.already", number),), refused=True)
    holder = staff.staff_of(db, request.claimed_by) if request.claimed_by is not None else None
    if holder is None or holder.state != StaffState.ACTIVE:
        return None
    return OperationResult(
        (Say("staff.request.taken", {**number, "name": member_in_words(desk, holder)}),), refused=True
    )


def claim_request(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take a request in hand; who asks hears that somebody reads it. Returns all that was written."""
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None:
        return refused
    assert request is not None
    if request.claimed_by == contact.id:
        return NO_REQUEST
    request.claimed_by, request.claimed_at = contact.id, desk.clock.now()
    asker = db.get_one(Contact, request.contact_id)
    enqueue_notice(db, desk, asker, Reply((Say("desk.person.read"),)), about=SubjectKind.ANSWER.of(request.number))
    says = [Say("staff.request.claimed", {"number": number_of(request)})]
    says += list(thread_lines(db, desk, request))[-LINES_SHOWN:]
    offers = (actions.action_button("answer", "open", request.number or 0),)
    return OperationResult((Lines(tuple(says), flat=True),), offers, about=SubjectKind.REQUEST.of(request.number))


def answer_request(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Send a colleague's words, voice note, picture or document to the person who asked. Returns what the colleague is
    told; refused when it was answered already, or cannot reach her.
    """
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None:
        return refused
    assert request is not None
    file, _, words = str(operation.answers.get("words", "")).partition("\n")
    if not SHAPE.match(file):
        file, words = "", str(operation.answers.get("words", ""))
    if not (file or words):
        return OperationResult((Say("desk.unclear.empty"),), refused=True)
    if len(words) > LONGEST_ANSWER_WORDS:
        return OperationResult((Say("desk.unclear.too_long"),), refused=True)
    unreachable = _unreachable(db, desk, request)
    if unreachable is not None:
        return unreachable
    id, wait = attachments.attachment_asked_for(db, desk, contact, file) if file else (None, None)
    if wait not in (None, "fetching"):
        return OperationResult((Say("staff.answer.unopened"),), refused=True)
    row = _written(db, desk, contact, request, words or f"[{file.partition('.')[0]}]")
    row.attachment_id = id
    if wait is not None:
        return OperationResult((Say("staff.answer.fetching"),))
    _send(db, desk, request, row, words)
    return OperationResult((Say("staff.answer.sent", {"number": number_of(request)}),))


def _unreachable(db: Session, desk: Desk, request: PersonRequest) -> OperationResult | None:
    asker = db.get_one(Contact, request.contact_id)
    if can_be_told(desk, asker, ANSWER_TEMPLATE):
        return None
    return OperationResult((Say("staff.answer.closed", {"number": number_of(request)}),), refused=True)


def _written(db: Session, desk: Desk, contact: Contact, request: PersonRequest, words: str) -> RequestWords:
    """Keep what a colleague wrote; the request is hers, and answered."""
    id, now = new_id(), desk.clock.now()
    row = RequestWords(
        id=id,
        request_id=request.id,
        author_id=contact.id,
        words=seal_words(desk.sealer, id, words),
        created_at=now,
    )
    db.add(row)
    request.state, request.answered_at = RequestState.ANSWERED, now
    request.claimed_by, request.claimed_at = contact.id, request.claimed_at or now
    return row


def _send(db: Session, desk: Desk, request: PersonRequest, row: RequestWords, words: str) -> None:
    """Send an answer that is whole."""
    asker = db.get_one(Contact, request.contact_id)
    beside = None if row.attachment_id is None else db.get(Attachment, row.attachment_id)
    media = () if beside is None else (Media(beside.kind, str(beside.id)),)
    says = Say("desk.person.answer", {"words": Named.same(words)}) if words else Say("desk.person.answer_here")
    enqueue_notice(db, desk, asker, Reply((says,), media=media), about=SubjectKind.ANSWER.of(request.number))
    row.sent_at = desk.clock.now()


def answer_ready(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Send the ready answer of a question people ask, in her language. Returns what the colleague is told."""
    topic = str(operation.answers.get("topic", ""))
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None or request is None or topic not in TOPICS:
        return refused or NO_REQUEST
    unreachable = _unreachable(db, desk, request)
    if unreachable is not None:
        return unreachable
    asker = db.get_one(Contact, request.contact_id)
    told = engine.ask_open(QUESTIONS, begin(QUESTIONS, {"topic": topic}), desk.context())
    text = desk.speech.speak((Reply(told.replies[-1].text),), asker.language, "0").text
    _send(db, desk, request, _written(db, desk, contact, request, text), text)
    return OperationResult((Say("staff.answer.sent", {"number": number_of(request)}),))


def ask_paper(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Ask her for a paper, to be shown at the counter: which, where and when. Returns what the colleague is told."""
    request, paper = locked_request(db, operation), str(operation.answers.get("paper", ""))
    refused = not_answerable(db, desk, contact, request)
    if refused is not None or request is None or paper not in PAPERS:
        return refused or NO_REQUEST
    unreachable = _unreachable(db, desk, request)
    if unreachable is not None:
        return unreachable
    says = [Say("desk.person.paper", {"paper": Say(f"request_paper.paper.option.{paper}")})]
    if desk.chamber.address is not None:
        says.append(Say("desk.person.address", {"address": desk.chamber.address}))
    if desk.chamber.hours is not None:
        says.append(Say("desk.person.hours", {"hours": desk.chamber.hours}))
    asker = db.get_one(Contact, request.contact_id)
    text = desk.speech.speak((Reply((Lines(tuple(says), flat=True),)),), asker.language, "0").text
    _send(db, desk, request, _written(db, desk, contact, request, text), text)
    return OperationResult((Say("staff.answer.sent", {"number": number_of(request)}),))


def hand_over(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Hand a request to a colleague, who is told all of it; or back to everybody. Returns what is told."""
    request = locked_request(db, operation)
    refused = not_answerable(db, desk, contact, request)
    if refused is not None or request is None:
        return refused or NO_REQUEST
    to = str(operation.answers.get("member", "anybody"))
    if to == "anybody":
        request.state = RequestState.OPEN
        give_back(db, desk, request)
        return OperationResult((Say("staff.request.to_all", {"number": number_of(request)}),))
    row = staff.staff_by_number(db, int(to)) if to.isascii() and to.isdigit() and len(to) < 11 else None
    if row is None or row.state != StaffState.ACTIVE or not may(row.role_set, Role.AGENT):
        return NO_REQUEST
    if row.contact_id == request.contact_id or not can_be_told(desk, db.get_one(Contact, row.contact_id), "staff"):
        return OperationResult((Say("staff.request.not_now", {"name": member_in_words(desk, row)}),), refused=True)
    request.state = RequestState.OPEN
    request.claimed_by, request.claimed_at = row.contact_id, desk.clock.now()
    tell_request(db, desk, db.get_one(Contact, row.contact_id), request)
    said = {"number": number_of(request), "name": member_in_words(desk, row)}
    return OperationResult((Say("staff.request.handed", said),))


def mute_asker(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Close a request of who floods or insults, and take no other of hers for `HUSHED_FOR`. Returns what is told."""
    request = locked_request(db, operation)
    if request is None or request.contact_id == contact.id:
        return NO_REQUEST
    asker = db.get_one(Contact, request.contact_id)
    asker.hushed_until = desk.clock.now() + HUSHED_FOR
    request.state, request.claimed_by = RequestState.CLOSED, contact.id
    until = Say("desk.person.hushed", {"when": desk.clock.wall(asker.hushed_until)})
    enqueue_notice(db, desk, asker, Reply((until,)), about=SubjectKind.ANSWER.of(request.number))
    return OperationResult((Say("staff.request.hushed", {"number": number_of(request)}),))


def card_shown(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Delete a picture that shows a card, at once, and tell who sent it where cards are shown. Returns what is told."""
    row = db.get(Attachment, int(operation.answers["attachment"]))
    beside = [] if row is None else words_beside(db, row.id)
    if row is None or not beside or row.content is None:
        return NO_REQUEST
    row.content, row.content_type, row.failed = None, None, "a card"
    asker = db.get_one(Contact, row.author_id)
    enqueue_notice(db, desk, asker, Reply((Say("desk.person.card_deleted"),)), about=SubjectKind.CARD_NUMBER.of())
    return OperationResult((Say("staff.request.card_deleted"),))


def attachment_fetched(db: Session, desk: Desk, id: int, content: bytes | None, content_type: str) -> None:
    """Keep what a channel fetched, or that it could not; what was written beside it goes on now, on both sides."""
    if not attachments.store_attachment(db, desk, id, content, content_type):
        return
    row = db.get_one(Attachment, id)
    for words in words_beside(db, id):
        request = db.get_one(PersonRequest, words.request_id)
        if words.sent_at is not None:
            continue
        words.sent_at = desk.clock.now()
        if words.author_id is None:
            _pass_on(db, desk, request, row)
        else:
            _answer_with(db, desk, request, words, row)


def _pass_on(db: Session, desk: Desk, request: PersonRequest, row: Attachment) -> None:
    asker = db.get_one(Contact, request.contact_id)
    if row.ready:
        ring_words(db, desk, request, Say(f"staff.request.media.{row.kind}"), Media(row.kind, str(row.id)))
        return
    ring_words(db, desk, request, Say("staff.request.unopened"))
    enqueue_notice(db, desk, asker, Reply((Say("desk.person.unopened"),)), about=SubjectKind.ANSWER.of(request.number))


def _answer_with(db: Session, desk: Desk, request: PersonRequest, words: RequestWords, row: Attachment) -> None:
    clerk = db.get_one(Contact, words.author_id)
    said = "staff.answer.sent" if row.ready else "staff.answer.unopened"
    if row.ready:
        caption = tidy(_caption(desk, words))
        _send(db, desk, request, words, caption)
    elif request.state == RequestState.ANSWERED:
        request.state, request.answered_at = RequestState.OPEN, None
    told = Reply((Say(said, {"number": number_of(request)}),))
    enqueue_notice(db, desk, clerk, told, about=SubjectKind.STAFF.of())


def _caption(desk: Desk, words: RequestWords) -> str:
    text = in_clear(desk, words)
    return "" if text.startswith("[") and text.endswith("]") else text
