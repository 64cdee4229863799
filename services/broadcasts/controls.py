"""A message on its way held back, taken up, taken back, tried once more; and its sheet."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from conversations.roles import APPROVER, may
from conversations.values import Deed, Done, Media, Say
from models import broadcast, staff
from models.broadcast import (
    BY_STAFF,
    CLOSED,
    DROPPED,
    FROZEN,
    GOING,
    PAUSED,
    SCHEDULED,
    TRIAL,
    UNDONE,
    WAITING,
    Broadcast,
)
from models.contact import Contact
from models.delivery import FAILED, PENDING, Delivery
from services.broadcasts.lifecycle import CHANGED, KIND, depart, held, progress, unwind
from services.context import Desk
from services.outbox.daily_limit import LIVES
from services.people import assessments


def undo(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Taken back: what has not left is cancelled; what had already left is told."""
    row = held(db, int(deed.answers["broadcast"]))
    if row is None or not hers(db, contact, row):
        return Done((Say("desk.done_already"),), refused=True)
    if row.state in (WAITING, SCHEDULED):
        row.state = DROPPED
        if row.audience == CHANGED:
            assessments.untold(db, broadcast.people(row))
        return Done((Say("broadcast.undone.all"),))
    if row.state == CLOSED:
        return Done((Say("broadcast.too_late", {"number": row.count}, count=row.count),), refused=True)
    if row.state not in (GOING, PAUSED):
        return Done((Say("desk.done_already"),), refused=True)
    gone = row.count - broadcast.balance(db, row).get(PENDING, 0)
    row.state, row.why = UNDONE, None
    unwind(db, desk, row)
    if gone == 0:
        return Done((Say("broadcast.undone.all"),))
    return Done((Say("broadcast.undone.some", {"number": gone}, count=gone),))


def pause(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Nothing more leaves until somebody says so; whoever is of the chamber may ask for it."""
    row = held(db, int(deed.answers["broadcast"]))
    if row is None or row.state not in (GOING, SCHEDULED):
        return Done((Say("desk.done_already"),), refused=True)
    row.state, row.why = PAUSED, BY_STAFF
    return _card(db, row, "broadcast.paused.staff")


def resume(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """It goes on: what it waited for was looked at."""
    row = held(db, int(deed.answers["broadcast"]))
    if row is None or row.state != PAUSED or not hers(db, contact, row):
        return Done((Say("desk.done_already"),), refused=True)
    now = desk.clock.now()
    if broadcast.corrected(db, row.id):
        return Done((Say("broadcast.refused.corrected"),), refused=True)
    if row.why == TRIAL:  # it was looked at; any other pause leaves the trial to be finished
        row.trial = None
    at = datetime.fromisoformat(row.given["at"]) if row.given and "at" in row.given else None
    if at is not None and at > now and not row.put:
        row.state, row.why = SCHEDULED, None
        return _card(db, row, "broadcast.resumed")
    if row.session_id is None:
        row.not_after = max(row.not_after or now, now + LIVES)
        later = sa.update(Delivery).where(Delivery.broadcast_id == row.id, Delivery.state == PENDING)
        db.execute(later.values(not_after=row.not_after).execution_options(synchronize_session=False))
    elif row.not_after is not None and row.not_after <= now:
        return Done((Say("broadcast.refused.old"),), refused=True)
    row.due_at = min(row.due_at or now, now)
    depart(db, desk, row)
    return _card(db, row, "broadcast.resumed")


def halt(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Everything on its way is held back."""
    found = broadcast.standing(db, GOING)
    for row in found:
        row.state, row.why = PAUSED, BY_STAFF
    return Done((Say("halt.done", {"number": len(found)}, count=len(found)),))


def retry(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """What failed is tried once more: the same rows, to the same people."""
    row = held(db, int(deed.answers["broadcast"]))
    now = desk.clock.now()
    if row is None or row.state not in (GOING, PAUSED, CLOSED) or not hers(db, contact, row):
        return Done((Say("desk.done_already"),), refused=True)
    if broadcast.corrected(db, row.id):
        return Done((Say("broadcast.refused.corrected"),), refused=True)
    flag_modified(row, "state")  # a clock that closes it at this moment must look again
    until = row.not_after if row.session_id is not None else now + LIVES
    if until is not None and until <= now:
        return Done((Say("broadcast.refused.old"),), refused=True)
    again = sa.update(Delivery).where(Delivery.broadcast_id == row.id, Delivery.state.in_((FAILED,)))
    count = (
        db.connection()
        .execute(
            again.values(
                state=PENDING, attempts=0, reason=None, error=None, provider_id=None, due_at=now, not_after=until
            )
        )
        .rowcount
    )
    if count and row.state == CLOSED:
        row.state, row.closed_at, row.not_after = GOING, None, until
    return Done((Say("broadcast.retried", {"number": count}, count=count),))


def report(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Everybody it was for, as a sheet."""
    row = held(db, int(deed.answers["broadcast"]))
    if row is None or "report" not in what_may_be(db, contact, row):
        return Done((Say("desk.done_already"),), refused=True)
    return Done((Say("broadcast.sheet"),), media=(Media("sheet", str(row.id)),), stays=True)


def _card(db: Session, row: Broadcast, said: str) -> Done:
    reply = progress(db, row)
    return Done((Say(said), *reply.text), reply.options, about=f"sending:{row.id}")


def may_correct(row: Broadcast) -> bool:
    """Whether other words may be sent after it."""
    return row.kind == KIND and row.state in (CLOSED, UNDONE, PAUSED)


def what_may_be(db: Session, contact: Contact, row: Broadcast) -> frozenset[str]:
    """What a person of the chamber may do with it today."""
    mine = hers(db, contact, row)
    found = {"report"} if mine and row.state not in (FROZEN, WAITING, DROPPED) else set()
    if row.state in (GOING, SCHEDULED):
        found.add("pause")
    replaced = broadcast.corrected(db, row.id)
    if mine and row.state == PAUSED and not replaced:
        found.add("resume")
    if mine and row.state in (GOING, PAUSED, SCHEDULED, WAITING):
        found.add("undo")
    if mine and may_correct(row):
        found.add("correct")
    failed = row.state in (GOING, PAUSED, CLOSED) and broadcast.balance(db, row).get(FAILED)
    if mine and failed and not replaced:
        found.add("retry")
    return frozenset(found)


def hers(db: Session, contact: Contact, row: Broadcast) -> bool:
    """Whether it is this person's, or she answers for those of others."""
    return row.author_id == contact.id or may(staff.role_of(db, contact.id), APPROVER)
