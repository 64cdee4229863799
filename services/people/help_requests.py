"""Help requests, the side of who asks: one is opened, words, voice notes and pictures are kept and passed on."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import TurnContext
from conversations.desk.chat import Chat
from conversations.forms.flow import Step, lift, locate
from conversations.forms.kinds.medium import MEDIUM_KINDS
from conversations.language.texts import tidy
from conversations.language.understand import whole_message
from conversations.language.wishes import okay, thanks
from conversations.roles import Role, may
from conversations.values import Heard, Media, Named, Say
from models import staff
from models.attachment import Attachment
from models.contact import Contact
from models.person_request import (
    PersonRequest,
    RequestState,
    RequestWords,
    next_number,
    open_request,
    request_in_hand,
    seal_words,
)
from models.registration import Registration
from models.rows import new_id
from models.session import Subscription
from services import attachments
from services.context import Desk
from services.people.request_ring import PASSED_ON_KINDS, quoted, ring_request, ring_words


def ask_for_person(db: Session, desk: Desk, contact: Contact, chat: Chat, context: TurnContext) -> None:
    """Open a request for a person of the chamber, when none is open, and ring who is to hear of it. `chat`: where she
    stands.
    """
    if _is_hushed(desk, contact):
        return
    request = request_in_hand(db, contact.id)
    if request is None:
        request = _opened(db, desk, contact)
        request.step = _open_step(desk, chat, context)
    elif request.state == RequestState.ANSWERED:
        _reopen(db, desk, request)
    else:
        return
    ring_request(db, desk, request)


def _is_hushed(desk: Desk, contact: Contact) -> bool:
    return contact.hushed_until is not None and desk.clock.now() < contact.hushed_until


def _open_step(desk: Desk, chat: Chat, context: TurnContext) -> str | None:
    """The question she stands at, as `<flow>/<step>`; None at a menu or a result."""
    if chat.open not in desk.flows or chat.open not in chat.forms:
        return None
    flow = desk.flows[chat.open]
    at = locate(flow, lift(flow, chat.form.state), context).at
    return f"{flow.id}/{at.id}" if isinstance(at, Step) else None


def close_after_silence(db: Session, contact: Contact) -> None:
    """Close the open request of a contact after a long silence: the phone may have another holder."""
    request = request_in_hand(db, contact.id)
    if request is not None:
        request.state = RequestState.CLOSED


def pass_on(db: Session, desk: Desk, contact: Contact, heard: Heard) -> None:
    """Keep what was said, sealed, and pass it on; a voice note or a picture once it is fetched. Thanks after an answer
    are kept, and ring nobody.
    """
    if _is_hushed(desk, contact):
        return
    request = request_in_hand(db, contact.id) or _opened(db, desk, contact)
    spoken = bool(heard.value) and heard.media in (None, "forwarded")
    words = tidy(heard.value) if spoken else f"[{heard.media}]"
    id = new_id()
    row = RequestWords(
        id=id, request_id=request.id, words=seal_words(desk.sealer, id, words), created_at=desk.clock.now()
    )
    if heard.file is not None and heard.file.partition(".")[0] in MEDIUM_KINDS:
        row.attachment_id, _ = attachments.attachment_asked_for(db, desk, contact, heard.file)
    db.add(row)
    db.flush()
    if request.state == RequestState.ANSWERED and spoken and _is_courtesy(desk, words):
        return
    if request.state == RequestState.ANSWERED:
        _reopen(db, desk, request)
    kind = heard.media if heard.media in PASSED_ON_KINDS else "other"
    said = Named.same(quoted(words)) if spoken else Say(f"staff.request.media.{kind}")
    beside = None if row.attachment_id is None else db.get(Attachment, row.attachment_id)
    if beside is None or spoken:
        ring_words(db, desk, request, said)
    if beside is not None and (beside.ready or beside.failed):  # she sent it before: nothing is to be waited for
        row.sent_at = desk.clock.now()
        opened = (Media(beside.kind, str(beside.id)),) if beside.ready else ()
        ring_words(db, desk, request, said if beside.ready else Say("staff.request.unopened"), *opened)


def _is_courtesy(desk: Desk, words: str) -> bool:
    """Whether words only thank, greet or agree: nothing is asked."""
    said = desk.spellings
    return thanks(words, said) or okay(words, said) or whole_message(words, ("thanks", "okay"), said) is not None


def _reopen(db: Session, desk: Desk, request: PersonRequest) -> None:
    """She writes on: who answered has it in hand for another while, if she still may."""
    request.state, request.answered_at, request.rung_at, request.escalated_at = RequestState.OPEN, None, None, None
    stays = request.claimed_by is not None and may(staff.roles_of(db, request.claimed_by), Role.AGENT)
    request.claimed_by, request.claimed_at = (request.claimed_by, desk.clock.now()) if stays else (None, None)


def _opened(db: Session, desk: Desk, contact: Contact) -> PersonRequest:
    request = open_request(db, contact.id)
    if request is not None:
        return request
    request = PersonRequest(
        id=new_id(),
        number=next_number(db),
        contact_id=contact.id,
        created_at=desk.clock.now(),
        province=_province(db, contact),
    )
    db.add(request)
    db.flush()
    return request


def _province(db: Session, contact: Contact) -> str | None:
    """Hers, as far as a file or a wish to be told of sessions says it."""
    hers = sa.select(Registration.province).where(Registration.contact_id == contact.id)
    found = db.scalar(hers.order_by(Registration.created_at.desc()).limit(1))
    return found or db.scalar(sa.select(Subscription.province).where(Subscription.contact_id == contact.id))
