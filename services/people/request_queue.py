"""The queue of requests, as whoever may answer sees it: the oldest first, each with all that was written."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import RequestView
from conversations.forms.prompts import name as name_address
from conversations.language.understand import fold
from conversations.values import Answers, Media, Named, Say
from locales.speech import LANGUAGES
from models import staff
from models.attachment import Attachment
from models.contact import Contact
from models.person_request import PersonRequest, RequestState, requests_in, words_of
from models.registration import Registration
from services.context import Desk
from services.people.files import grouped_reference, name_of
from services.people.request_ring import suggested_topic, thread_lines
from services.people.staff import member_in_words

REQUESTS_A_PAGE = 8
MEDIA_SHOWN = 3
OF_THE_QUEUE = (RequestState.OPEN, RequestState.ANSWERED)


def request_by_id(db: Session, id: str) -> PersonRequest | None:
    """Return a request by its number as a form holds it; None when there is none."""
    if not (id.isascii() and id.isdigit() and len(id) < 10):
        return None
    return db.scalars(sa.select(PersonRequest).where(PersonRequest.number == int(id))).one_or_none()


@dataclass(frozen=True)
class RequestSource:
    """The requests that wait, the oldest first; those answered come after them."""

    db: Session
    desk: Desk

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        waiting = requests_in(self.db, RequestState.OPEN)
        rows = [*waiting, *requests_in(self.db, RequestState.ANSWERED)]
        said = fold(words).removeprefix("n ")
        ids = [
            str(row.number)
            for row in rows
            if not said or said in (str(row.number), fold(who_asks(self.db, self.desk, row)))
        ]
        return ids[REQUESTS_A_PAGE * page : REQUESTS_A_PAGE * (page + 1)], len(ids) > REQUESTS_A_PAGE * (page + 1)

    def label(self, id: str) -> Named:
        row = request_by_id(self.db, id)
        if row is None:
            raise KeyError(id)
        placeholders = {
            "number": Named.same(id),
            "who": _who(self.db, self.desk, row),
            "wait": _wait(self.desk, row),
            "state": _state(self.db, self.desk, row),
        }
        return Named({each: self.desk.speech.say(Say("requests.line", placeholders), each) for each in LANGUAGES})

    def known(self, id: str) -> bool:
        return request_by_id(self.db, id) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        return True

    def offers(self, id: str) -> bool:
        return self.known(id)


def _file_of(db: Session, contact_id: UUID) -> Registration | None:
    found = sa.select(Registration).where(Registration.contact_id == contact_id)
    return db.scalars(found.order_by(Registration.created_at.desc()).limit(1)).one_or_none()


def who_asks(db: Session, desk: Desk, row: PersonRequest) -> str:
    """Return the name of who asks, as far as a file tells it; else nothing."""
    file = _file_of(db, row.contact_id)
    return "" if file is None else name_of(desk, file)


def _who(db: Session, desk: Desk, row: PersonRequest) -> Named:
    name = who_asks(db, desk, row)
    if name:
        return Named.same(name)
    return Named({each: desk.speech.say(Say("requests.nameless"), each) for each in LANGUAGES})


def _wait(desk: Desk, row: PersonRequest) -> Named:
    """How long she has waited: in minutes, hours or days."""
    minutes = int((desk.clock.now() - row.created_at).total_seconds() // 60)
    name, number = ("minutes", minutes) if minutes < 60 else ("hours", minutes // 60)
    if number >= 48 and name == "hours":
        name, number = "days", number // 24
    said = Say(f"requests.{name}", {"number": Named.same(str(number))}, count=number)
    return Named({each: desk.speech.say(said, each) for each in LANGUAGES})


def _state(db: Session, desk: Desk, row: PersonRequest) -> Named:
    holder = None if row.claimed_by is None else staff.staff_of(db, row.claimed_by)
    said = Say(f"requests.state.{row.state}")
    if row.state == RequestState.OPEN and holder is not None:
        said = Say("requests.state.claimed", {"name": member_in_words(desk, holder)})
    return Named({each: desk.speech.say(said, each) for each in LANGUAGES})


def request_view(db: Session, desk: Desk, contact: Contact, id: str) -> RequestView | None:
    """Return a request as a colleague sees it; None when there is none of that number."""
    row = request_by_id(db, id)
    if row is None:
        return None
    asker = db.get_one(Contact, row.contact_id)
    file = _file_of(db, row.contact_id)
    commune = None if file is None else desk.sources["communes"].label(file.commune)
    return RequestView(
        number=id,
        who=_who(db, desk, row),
        reference=None if file is None else Named.same(grouped_reference(file.reference)),
        language=asker.language or "ar",
        commune=commune,
        channel=desk.channel_name(asker.channel or ""),
        question=question_name(desk, row.step),
        since=desk.clock.wall(row.created_at),
        wait=_wait(desk, row),
        state=row.state,
        holder=_state(db, desk, row),
        claimed=row.claimed_by is not None,
        mine=row.claimed_by == contact.id,
        own=row.contact_id == contact.id,
        lines=tuple(thread_lines(db, desk, row)),
        media=tuple(_media(db, row))[-MEDIA_SHOWN:],
        topic=suggested_topic(db, desk, row),
    )


def question_name(desk: Desk, step: str | None) -> Say | None:
    """Return the short name of the question somebody stood at; None at no question, or one that is gone."""
    flow_id, _, step_id = (step or "").partition("/")
    flow = desk.flows.get(flow_id)
    if flow is None or flow.step(step_id) is None:
        return None
    return Say(name_address(flow, step_id))


def _media(db: Session, row: PersonRequest) -> list[Media]:
    """The voice notes and pictures that are here, of both sides."""
    ids = [words.attachment_id for words in words_of(db, row) if words.attachment_id is not None]
    kept = [db.get(Attachment, id) for id in ids]
    return [Media(each.kind, str(each.id)) for each in kept if each is not None and each.ready]
