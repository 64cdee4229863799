"""Ringing: who of the chamber hears of a request, and when; nothing that waits reaches nobody."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.desk.chat import base36
from conversations.language.understand import asks
from conversations.questions.flow import TOPICS
from conversations.roles import Role, may
from conversations.values import Media, Named, Offer, Reply, Say, SubjectKind
from models import staff
from models.contact import Contact
from models.delivery import Delivery, DeliveryState, count_told
from models.person_request import (
    PersonRequest,
    RequestState,
    RequestWords,
    hold_requests,
    requests_in,
    unseal_words,
    words_of,
)
from models.sealed import UNREADABLE
from models.staff import Staff, StaffState
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.outbox.reachable import can_be_told
from services.working_hours import worked_between

MOST_NOTICES, NOTICES_PER = 20, timedelta(days=1)  # of one request to one colleague; more is kept, and not rung
LINES_RUNG = 6  # of what was written, in a notice; all of it stands in the queue
SHOWN_AT_ONCE = 5  # requests nobody has seen, to who writes next
ESCALATED_AFTER = timedelta(hours=1)  # of work: then everybody hears of it
GIVEN_BACK_AFTER = timedelta(hours=4)  # of work without an answer
RUNG_AGAIN_AFTER = timedelta(hours=8)  # of work after everybody was told, and nobody took it
CLOSED_AFTER = timedelta(days=2)  # of silence after an answer
MOST_RINGS = 40  # of one request to one colleague within `NOTICES_PER`: one that never arrives is not tried for ever
PASSED_ON_KINDS = ("sticker", "voice", "photo", "document", "contact", "place", "edited", "other")
STAFF_TEMPLATE = "staff"
NOT_ARRIVED = (
    DeliveryState.CANCELLED,
    DeliveryState.FAILED,
    DeliveryState.UNDELIVERABLE,
    DeliveryState.WINDOW_CLOSED,
)


def members_to_ring(db: Session, desk: Desk, request: PersonRequest, everybody: bool = False) -> list[Contact]:
    """Return who is rung of a request, of those who can be reached now: who has it in hand; else the agents of its
    province, else all agents, else the admins. `everybody`: agents and admins together.
    """
    rows = [row for row in staff.staff_in(db, StaffState.ACTIVE) if row.contact_id != request.contact_id]
    quiet = desk.policy.is_quiet(desk.clock.wall())
    for group in _groups(rows, request, everybody):
        people = [db.get_one(Contact, row.contact_id) for row in group if row.nights or not quiet]
        reached = [each for each in people if can_be_told(desk, each, STAFF_TEMPLATE)]
        if reached:
            return reached
    return []


def _groups(rows: Sequence[Staff], request: PersonRequest, everybody: bool) -> Iterator[list[Staff]]:
    agents = [row for row in rows if Role.AGENT in row.role_set]
    admins = [row for row in rows if Role.ADMIN in row.role_set]
    if everybody:
        yield list(dict.fromkeys((*agents, *admins)))
        return
    yield [row for row in rows if row.contact_id == request.claimed_by and may(row.role_set, Role.AGENT)]
    yield [row for row in agents if request.province is not None and row.province == request.province]
    yield agents
    yield admins


def ring_request(db: Session, desk: Desk, request: PersonRequest) -> int:
    """Tell who is to hear of a request, with what was written last. Returns how many were told; nobody when nobody can
    be reached now, and the clock tries again.
    """
    about, since = str(SubjectKind.REQUEST.of(request.number)), desk.clock.now() - NOTICES_PER
    people = members_to_ring(db, desk, request)
    some = [each for each in people if count_told(db, each.id, about, since) < MOST_RINGS]
    for each in some:
        tell_request(db, desk, each, request)
    return len(some)


def tell_request(db: Session, desk: Desk, clerk: Contact, request: PersonRequest) -> None:
    """Tell one colleague of a request, with what was written last."""
    says = [Say("staff.request.asks", {"number": number_of(request)})]
    says += list(thread_lines(db, desk, request))[-LINES_RUNG:]
    _tell(db, desk, clerk, request, (*says, Say("staff.request.how")), _suggested(db, desk, request))
    request.rung_at = desk.clock.now()


def ring_words(db: Session, desk: Desk, request: PersonRequest, said: Say | Named, *media: Media) -> None:
    """Pass on what was written about a request just now."""
    says = Say("staff.request.says", {"number": number_of(request), "words": said})
    people = members_to_ring(db, desk, request)
    offers = _suggested(db, desk, request)
    if any(each.kind == "photo" for each in media):
        offers = (actions.action_button("card", "yes", int(media[0].id)), *offers)
    about, since = str(SubjectKind.REQUEST.of(request.number)), desk.clock.now() - NOTICES_PER
    for each in people:
        if count_told(db, each.id, about, since) < MOST_NOTICES:
            _tell(db, desk, each, request, (says, Say("staff.request.how")), offers, media)
    request.rung_at = desk.clock.now() if people else None


def _tell(
    db: Session,
    desk: Desk,
    clerk: Contact,
    request: PersonRequest,
    says: tuple[Say, ...],
    offers: tuple[Offer, ...],
    media: tuple[Media, ...] = (),
) -> None:
    assert request.number is not None
    about = SubjectKind.REQUEST.of(request.number)
    claim = () if request.claimed_by == clerk.id else (actions.action_button("claim", "yes", request.number),)
    buttons = (*claim, actions.action_button("answer", "open", request.number), *offers)
    enqueue_notice(db, desk, clerk, Reply(says, buttons, media, numbered=False), about)


def _suggested(db: Session, desk: Desk, request: PersonRequest) -> tuple[Offer, ...]:
    """The ready answer her last words may be after, to be sent in one tap."""
    topic = suggested_topic(db, desk, request)
    if topic is None or request.number is None:
        return ()
    label = Say("act.faq", {"question": Say(f"questions.name.{topic}")})
    return (Offer("faq", topic, label, base36(request.number)),)


def suggested_topic(db: Session, desk: Desk, request: PersonRequest) -> str | None:
    """Return the question of ours her last words are; None when they are none, or ask nothing."""
    hers = [row for row in words_of(db, request) if row.author_id is None]
    if not hers:
        return None
    words = in_clear(desk, hers[-1])
    ids, sure = desk.topics.rank(words)
    return ids[0] if ids and ids[0] in TOPICS and (sure or asks(words, desk.spellings)) else None


def in_clear(desk: Desk, row: RequestWords) -> str:
    """Return words in the clear; of what nobody can read, nothing."""
    try:
        return unseal_words(desk.sealer, row)
    except UNREADABLE:
        return ""


def quoted(words: str) -> str:
    """Return words with each line marked as somebody's own: none can pass for the desk's."""
    return "\n".join(f"» {line}" for line in words.split("\n"))


def thread_lines(db: Session, desk: Desk, request: PersonRequest) -> Iterator[Say]:
    """Yield what was written about a request on both sides, a line each."""
    for row in words_of(db, request):
        words = in_clear(desk, row)
        kind = words[1:-1] if words.startswith("[") and words.endswith("]") else None
        said: Say | Named = Named.same(f"\n{quoted(words)}" if "\n" in words else words)
        if kind is not None:
            said = Say(f"staff.request.media.{kind if kind in PASSED_ON_KINDS else 'other'}")
        at = Named.same(f"{desk.clock.wall(row.created_at):%d/%m %H:%M}")
        yield Say("staff.request.theirs" if row.author_id is None else "staff.request.ours", {"at": at, "words": said})


def number_of(request: PersonRequest) -> Named:
    """Return the number people call a request by."""
    return Named.same(str(request.number))


# -- what the clock and a colleague's next message do -----------------------------------------------------


def ring_waiting(db: Session, desk: Desk) -> int:
    """Ring what nobody could be told of; give back what nobody answered in time; tell everybody what nobody takes;
    close what was answered long ago. Returns how many requests moved.
    """
    now, moved = desk.clock.now(), 0
    for request in hold_requests(db, RequestState.OPEN):
        if request.claimed_by is not None and _worked(desk, request.claimed_at) >= GIVEN_BACK_AFTER:
            give_back(db, desk, request)
        if request.rung_at is None or not _has_arrived(db, request):
            request.rung_at = None
            moved += bool(ring_request(db, desk, request))
        elif request.claimed_by is None and request.escalated_at is None and _waits_long(desk, request):
            moved += bool(_escalate(db, desk, request))
            request.escalated_at = now
        elif request.claimed_by is None and request.escalated_at is not None and _waits_another_day(desk, request):
            request.rung_at = request.escalated_at = None  # rung anew at the next look
    for request in hold_requests(db, RequestState.ANSWERED):
        if request.answered_at is not None and now - request.answered_at >= CLOSED_AFTER:
            request.state, moved = RequestState.CLOSED, moved + 1
    return moved


def _worked(desk: Desk, since: datetime | None) -> timedelta:
    if since is None:
        return timedelta(0)
    return worked_between(desk, desk.clock.wall(since), desk.clock.wall())


def _waits_long(desk: Desk, request: PersonRequest) -> bool:
    return _worked(desk, request.rung_at) >= ESCALATED_AFTER


def _waits_another_day(desk: Desk, request: PersonRequest) -> bool:
    return _worked(desk, request.escalated_at) >= RUNG_AGAIN_AFTER


def _escalate(db: Session, desk: Desk, request: PersonRequest) -> int:
    """Tell everybody it did not reach yet. Returns how many."""
    reached = set(db.scalars(_arrived(request).with_only_columns(Delivery.contact_id)))
    people = [each for each in members_to_ring(db, desk, request, everybody=True) if each.id not in reached]
    for each in people:
        tell_request(db, desk, each, request)
    return len(people)


def _arrived(request: PersonRequest) -> sa.Select[Any]:
    """What was told of a request and arrived, or may have, since she waits."""
    return sa.select(Delivery.id).where(
        Delivery.about == str(SubjectKind.REQUEST.of(request.number)), Delivery.state.not_in(NOT_ARRIVED)
    )


def _has_arrived(db: Session, request: PersonRequest) -> bool:
    """Whether what was told of a request reached somebody who is of the chamber today, or may have."""
    active = sa.select(Staff.contact_id).where(Staff.state == StaffState.ACTIVE)
    return db.scalar(_arrived(request).where(Delivery.contact_id.in_(active)).limit(1)) is not None


def give_back(db: Session, desk: Desk, request: PersonRequest) -> None:
    """Take a request out of somebody's hands, and tell her; the clock rings the others."""
    clerk = None if request.claimed_by is None else db.get(Contact, request.claimed_by)
    request.claimed_by = request.claimed_at = request.rung_at = request.escalated_at = None
    if clerk is not None and staff.roles_of(db, clerk.id):
        told = Reply((Say("staff.request.given_back", {"number": number_of(request)}),))
        enqueue_notice(db, desk, clerk, told, about=SubjectKind.STAFF.of())


def give_back_requests(db: Session, desk: Desk, contact_id: UUID) -> None:
    """Give back what a colleague had in hand: she left, or may not answer any more."""
    for request in requests_in(db, RequestState.OPEN, RequestState.ANSWERED):
        if request.claimed_by == contact_id:
            request.claimed_by = request.claimed_at = request.rung_at = request.escalated_at = None


def show_unseen(db: Session, desk: Desk, contact: Contact, roles: frozenset[str]) -> None:
    """Show who may answer, and just wrote, the requests nobody of the chamber has seen."""
    if not may(roles, Role.AGENT):
        return
    unseen = [
        request
        for request in requests_in(db, RequestState.OPEN)
        if request.rung_at is None and request.contact_id != contact.id
    ]
    for request in unseen[:SHOWN_AT_ONCE]:
        tell_request(db, desk, contact, request)
    rest = unseen[SHOWN_AT_ONCE:]
    for request in rest:
        request.rung_at = desk.clock.now()
    if rest:
        says = Say("staff.request.more", {"number": Named.same(str(len(rest)))}, count=len(rest))
        enqueue_notice(db, desk, contact, Reply((says,)), about=SubjectKind.STAFF.of())
