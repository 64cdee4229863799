"""Whom a session's announcement concerns: one function for the count a clerk sees and for the rows."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Answers
from models import broadcast, session
from models.contact import Contact, muted_kinds
from models.registration import Registration
from models.session import AwarenessSession
from services.broadcasts.audience import UnknownFilter, trades_of
from services.context import Desk

SESSION_MESSAGES = "sessions"


def concerned_subscribers(
    db: Session, desk: Desk, commune: str, province: str, trades: Sequence[str] | None
) -> list[UUID]:
    """Return the subscribers near a session; of one for some trades, without those whose files are all of other
    trades.
    """
    near = session.subscribers(commune, province)
    if not trades:
        return list(db.scalars(near))
    meant = [trade for each in trades for trade in _trades(desk, each)]
    theirs = sa.select(Registration.contact_id).where(Registration.trade.in_(meant))
    others = sa.select(Registration.contact_id).where(Registration.contact_id.not_in(theirs))
    of_others = set(db.scalars(others))
    return [id for id in db.scalars(near) if id not in of_others]


def _trades(desk: Desk, id: str) -> list[str]:
    """The trades of one or of a sector; one the data no longer has is still somebody's."""
    try:
        return trades_of(desk, id)
    except UnknownFilter:
        return [id]


def wants_sessions(contact: Contact) -> bool:
    """Return whether a contact may be written to of sessions: reachable, and not stopped."""
    away = contact.stopped_at or contact.unreachable_at
    return away is None and contact.channel is not None and SESSION_MESSAGES not in muted_kinds(contact)


def count_concerned(db: Session, desk: Desk, answers: Answers) -> int:
    """Return how many would be told of a session: of a draft (`session`), or as a form has it."""
    id, _, _ = str(answers.get("session", "")).partition(".")
    row = db.get(AwarenessSession, int(id)) if id.isascii() and id.isdigit() and len(id) < 9 else None
    if row is not None:
        people = concerned_subscribers(db, desk, row.commune, row.province, row.trades)
    else:
        trade = answers.get("trade", "any")
        trades = None if trade == "any" else [str(trade)]
        people = concerned_subscribers(db, desk, str(answers["commune"]), str(answers["province"]), trades)
    return sum(wants_sessions(each) for each in broadcast.contacts_by_id(db, people))
