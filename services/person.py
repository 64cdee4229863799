"""A person of the chamber is asked for; what is written meanwhile is kept for her."""

from sqlalchemy.orm import Session

from conversations.values import Heard
from models.contact import Contact
from models.person_request import PersonRequest, RequestWords, open_request, seal_words
from models.rows import new_id
from services.desk import Desk


def ask(db: Session, desk: Desk, contact: Contact) -> PersonRequest:
    """The contact's open request, made when there is none."""
    request = open_request(db, contact.id)
    if request is None:
        request = PersonRequest(id=new_id(), contact_id=contact.id, created_at=desk.clock.now())
        db.add(request)
        db.flush()
    return request


def tell(db: Session, desk: Desk, contact: Contact, heard: Heard) -> None:
    """Keep what was said to the people of the chamber; of other things, only their kind."""
    request = ask(db, desk, contact)
    words = heard.value or f"[{heard.media}]"
    id = new_id()
    sealed = seal_words(desk.sealer, id, words)
    now = desk.clock.now()
    db.add(RequestWords(id=id, request_id=request.id, words=sealed, created_at=now))
