"""A message to many put down: its audience frozen, one row a person, all in one transaction."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import broadcast, delivery
from models.broadcast import GOING, Broadcast, packed
from models.contact import Contact
from models.delivery import BROADCAST, CANCELLED, PENDING, SESSION
from models.erasing import NOBODY
from models.rows import new_id
from services.desk import Desk


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a session's people are written to: the kind, its author, the session in its edition."""

    kind: str
    author_id: uuid.UUID
    session_id: int
    edition: int
    not_after: datetime


def going_out(db: Session, desk: Desk, occasion: Occasion, people: Sequence[uuid.UUID]) -> Broadcast:
    """A session's message on its way to people, but for those who stopped or left."""
    kept = [
        each.id
        for each in broadcast.contacts(db, people)
        if each.stopped_at is None and each.unreachable_at is None and each.channel is not None
    ]
    frozen, count, digest = packed(kept)
    now = desk.clock.now()
    row = Broadcast(
        kind=occasion.kind, session_id=occasion.session_id, edition=occasion.edition, state=GOING,
        author_id=occasion.author_id, frozen=frozen, count=count, hash=digest, created_at=now, due_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    put_down(db, desk, row, kept, now, occasion.not_after)
    return row


def put_down(
    db: Session,
    desk: Desk,
    row: Broadcast,
    people: Iterable[uuid.UUID],
    due_at: datetime,
    not_after: datetime | None,
) -> None:
    """One row a person, without words of its own, where she was last heard from."""
    kind = BROADCAST if row.session_id is None else SESSION
    about = f"session:{row.session_id}" if row.session_id is not None else None
    now = desk.clock.now()
    rows = [
        {
            "id": new_id(), "contact_id": each.id, "seq": None, "kind": kind, "body": None,
            "broadcast_id": row.id, "about": about, **_where(each), "created_at": now, "due_at": due_at,
            "not_after": not_after,
        }
        for each in broadcast.contacts(db, list(people))
    ]  # fmt: skip
    delivery.add(db, *rows)


def _where(contact: Contact) -> dict[str, Any]:
    """Where it goes; of one who was erased since the audience was frozen, nowhere, and it is counted so."""
    if contact.channel is None or contact.address is None:
        return {"channel": "", "address": NOBODY, "state": CANCELLED, "error": "erased"}
    return {"channel": contact.channel, "address": contact.address, "state": PENDING, "error": None}
