"""Fan-out: one delivery a person of a frozen audience, enqueued in batches."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from conversations.values import Subject, SubjectKind
from models import broadcast, delivery
from models.broadcast import Broadcast, BroadcastState, pack_audience
from models.contact import Contact, muted_kinds
from models.delivery import DeliveryKind, DeliveryState, Reason
from models.erasing import NO_ADDRESS
from models.rows import new_id
from services.broadcasts.concerned import SESSION_MESSAGES, wants_sessions
from services.context import Desk
from services.outbox.notice_kinds import SESSION_NOTICES

ANALYZE_FROM = 2000  # rows of a message, from which the database has to know that there are many
BATCH_SIZE = 500  # people a transaction: replies must not wait for thousands


@dataclass(frozen=True, slots=True)
class SessionBroadcast:
    """Why a session's people are written to: the kind, its author, the session in its edition.

    `why`: it does not leave before somebody of the chamber says so, and why not. `given`: what must be said
    of the moment it was made.
    """

    kind: str
    author_id: uuid.UUID
    session_id: int
    edition: int
    not_after: datetime
    why: str | None = None
    given: Mapping[str, Any] | None = None


def start_session_broadcast(
    db: Session, desk: Desk, occasion: SessionBroadcast, people: Sequence[uuid.UUID]
) -> Broadcast:
    """Start a session's broadcast to people, without those who stopped or left, who are counted. Returns the
    broadcast, its first batch enqueued.
    """
    every = broadcast.contacts_by_id(db, people)
    kept = [each.id for each in every if wants_sessions(each)]
    frozen, count, digest = pack_audience(kept)
    now = desk.clock.now()
    unwanted = sum(1 for each in every if each.stopped_at is not None or SESSION_MESSAGES in muted_kinds(each))
    left = {"stopped": unwanted, "unreachable": len(every) - count - unwanted}
    row = Broadcast(
        kind=occasion.kind,
        session_id=occasion.session_id,
        edition=occasion.edition,
        state=BroadcastState.PAUSED if occasion.why else BroadcastState.GOING,
        why=occasion.why,
        author_id=occasion.author_id,
        frozen=frozen,
        count=count,
        hash=digest,
        created_at=now,
        left_out={reason: n for reason, n in left.items() if n},
        due_at=now,
        not_after=occasion.not_after,
        given=dict(occasion.given) if occasion.given else None,
    )
    db.add(row)
    db.flush()
    enqueue_batch(db, desk, row)
    return row


def enqueue_batch(db: Session, desk: Desk, row: Broadcast) -> int:
    """Enqueue one delivery a person for the next `BATCH_SIZE` of a frozen audience, where each was last heard from.
    Returns how many. Of a broadcast taken back they are enqueued cancelled, so that everybody is counted.
    """
    people = broadcast.next_people(db, row, BATCH_SIZE)
    if not people:
        return 0
    # held: nobody of them is erased between this look and her row
    found = {each.id: each for each in broadcast.contacts_by_id(db, people, hold=True)}
    now = desk.clock.now()
    shared = {
        "seq": None,
        "kind": DeliveryKind.BROADCAST if row.session_id is None else DeliveryKind.SESSION,
        "body": None,
        "broadcast_id": row.id,
        "about": str(subject_of(row)),
        "created_at": now,
        "due_at": max(row.due_at or now, now),
        "not_after": row.not_after,
    }
    ended = {"state": DeliveryState.CANCELLED, "reason": Reason.UNDONE} if row.state == BroadcastState.UNDONE else {}
    rows = [{"id": new_id(), "contact_id": id, **shared, **_where(found[id]), **ended} for id in people]
    delivery.insert_deliveries(db, *rows)
    before, row.put = row.put, row.put + len(people)
    if any(before < many <= row.put for many in (ANALYZE_FROM, row.count)) and row.put >= ANALYZE_FROM:
        delivery.analyze_deliveries(db)
    return len(people)


def subject_of(row: Broadcast) -> Subject:
    """Return what an answer to a broadcast is about."""
    if row.kind in SESSION_NOTICES and SESSION_NOTICES[row.kind].rates:
        return SubjectKind.RATING.of(row.session_id)
    return SubjectKind.TEXT.of(row.id) if row.session_id is None else SubjectKind.SESSION.of(row.session_id)


def enqueue_due_batches(db: Session, desk: Desk) -> int:
    """Enqueue the next batch of every broadcast on its way or taken back. Returns how many rows."""
    count = sum(
        enqueue_batch(db, desk, row)
        for row in broadcast.broadcasts_in(db, BroadcastState.GOING)
        if row.put < row.to_put
    )
    for row in broadcast.undone_open(db):
        row.trial = None  # everybody is counted, also whom the trial did not come to
        count += enqueue_batch(db, desk, row)
    return count


def _where(contact: Contact) -> Mapping[str, Any]:
    """Where it goes; of one who was erased since the audience was frozen, nowhere, and it is counted so."""
    if contact.channel is None or contact.address is None:
        return {"channel": "", "address": NO_ADDRESS, "state": DeliveryState.CANCELLED, "reason": Reason.ERASED}
    return {"channel": contact.channel, "address": contact.address, "state": DeliveryState.PENDING, "reason": None}
