"""Help requests: somebody asks for a person of the chamber; every admin hears of it, and an answer comes back."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.language.texts import tidy
from conversations.roles import Role
from conversations.values import Heard, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import staff
from models.contact import Contact
from models.delivery import told_about
from models.person_request import PersonRequest, RequestState, RequestWords, next_number, open_request, seal_words
from models.rows import new_id
from services.context import Desk
from services.outbox.messages import enqueue_notice

MOST_NOTICES = 20  # of one request to one admin; what more is written is kept, and not rung
LONGEST_QUOTE = 1000
PASSED_ON_KINDS = ("sticker", "voice", "photo", "document", "contact", "place", "edited", "other")


def ask_for_person(db: Session, desk: Desk, contact: Contact) -> PersonRequest:
    """Open a request for a person of the chamber and tell every admin, when none is open. Returns the open one."""
    request = open_request(db, contact.id)
    if request is None:
        request = _opened(db, desk, contact)
        _tell_admins(db, desk, request, Say("staff.request.asks", {"number": _numbered(request)}))
    return request


def close_after_silence(db: Session, contact: Contact) -> None:
    """Close the open request of a contact after a long silence: the phone may have another holder."""
    request = open_request(db, contact.id)
    if request is not None:
        request.state = RequestState.CLOSED


def pass_on(db: Session, desk: Desk, contact: Contact, heard: Heard) -> None:
    """Keep what was said, sealed, and pass it on to every admin; of other things than words, their kind."""
    request = open_request(db, contact.id) or _opened(db, desk, contact)
    spoken = bool(heard.value) and heard.media in (None, "forwarded")
    words = tidy(heard.value) if spoken else f"[{heard.media}]"
    id = new_id()
    sealed = seal_words(desk.sealer, id, words)
    db.add(RequestWords(id=id, request_id=request.id, words=sealed, created_at=desk.clock.now()))
    kind = heard.media if heard.media in PASSED_ON_KINDS else "other"
    said = Say(f"staff.request.media.{kind}") if not spoken else Named.same(_quoted(words))
    placeholders = {"number": _numbered(request), "words": said}
    _tell_admins(db, desk, request, Say("staff.request.says", placeholders))


def give_back_requests(db: Session, desk: Desk, contact_id: UUID) -> None:
    """Give back what a clerk had in hand: she left, or may not answer any more."""


def _quoted(words: str) -> str:
    """Each line marked as the asker's: none can pass for the desk's own."""
    return "\n".join(f"» {line}" for line in words.split("\n"))


def _opened(db: Session, desk: Desk, contact: Contact) -> PersonRequest:
    request = PersonRequest(id=new_id(), number=next_number(db), contact_id=contact.id, created_at=desk.clock.now())
    db.add(request)
    db.flush()
    return request


def _numbered(request: PersonRequest) -> Named:
    return Named.same(str(request.number))


def _tell_admins(db: Session, desk: Desk, request: PersonRequest, say: Say) -> None:
    assert request.number is not None
    offers = (actions.action_button("answer", "open", request.number),)
    admins = staff.staff_with(db, Role.ADMIN)
    others = [admin for admin in admins if admin.id != request.contact_id] or admins
    for admin in others:
        about = SubjectKind.REQUEST.of(request.number)
        if told_about(db, admin.id, str(about)) < MOST_NOTICES:
            reply = Reply((say, Say("staff.request.how")), offers, numbered=False)
            enqueue_notice(db, desk, admin, reply, about)


def answer_request(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Send an admin's words to the person who asked, and close the request. Returns what the admin is told; refused
    when it was answered already.
    """
    found = sa.select(PersonRequest).where(PersonRequest.number == operation.answers["request"]).with_for_update()
    request = db.scalars(found).one_or_none()
    words = str(operation.answers.get("words", ""))
    if request is None:
        return OperationResult((Say("desk.done_already"),), refused=True)
    if not 0 < len(words) <= LONGEST_QUOTE:
        return OperationResult((Say("desk.unclear.too_long" if words else "desk.unclear.empty"),), refused=True)
    if request.state != RequestState.OPEN and open_request(db, request.contact_id) is None:
        return OperationResult((Say("staff.answer.already", {"number": _numbered(request)}),), refused=True)
    asker = db.get_one(Contact, request.contact_id)
    window = desk.traits(asker.channel).window
    now = desk.clock.now()
    free = window is None or (asker.window_until is not None and now < asker.window_until)
    if not free and desk.policy.template("answer", asker.language) is None:
        return OperationResult((Say("staff.answer.closed", {"number": _numbered(request)}),), refused=True)
    request.state = RequestState.CLOSED
    says = (Say("desk.person.answer", {"words": Named.same(words)}),)
    enqueue_notice(db, desk, asker, Reply(says), about=SubjectKind.ANSWER.of(request.number))
    return OperationResult((Say("staff.answer.sent", {"number": _numbered(request)}),))
