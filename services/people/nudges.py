"""Nudges: reminders of an unfinished pre-registration, after one day and after four, never at night."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.chat import Chat
from conversations.desk.open_forms import is_unfinished
from conversations.desk.router import WORD_STEP
from conversations.values import Offer, Reply, Say, SubjectKind
from models.contact import Contact, muted_kinds
from models.delivery import DeliveryKind
from services.context import Desk
from services.outbox.messages import enqueue_notice

NUDGE_AFTER = (timedelta(days=1), timedelta(days=4))
NUDGE_MUTED_AS = "file"
NUDGE_TTL = timedelta(hours=12)  # what could not leave by then is no use
NUDGES_A_LOOK = 200


def watch_draft(desk: Desk, contact: Contact, chat: Chat) -> None:
    """Remember whether a pre-registration that was agreed to waits to be finished, and since when."""
    waits = any(
        form.state.answers.get("consent") == "yes"
        and "file" not in form.state.answers
        and is_unfinished(desk.flows["register"], form.state, desk.context())
        for form in chat.all_of("register").values()
    )
    contact.draft_at, contact.nudges = (desk.clock.now() if waits else None), 0


def nudge_drafts(db: Session, desk: Desk) -> int:
    """Remind everybody whose unfinished form has waited `NUDGE_AFTER`, never at night. Returns how many."""
    now = desk.clock.now()
    if desk.policy.is_quiet(desk.clock.wall(now)):
        return 0
    due = sa.or_(
        *(sa.and_(Contact.nudges == told, Contact.draft_at <= now - after) for told, after in enumerate(NUDGE_AFTER))
    )
    found = sa.select(Contact).where(Contact.draft_at.is_not(None), due).order_by(Contact.draft_at).limit(NUDGES_A_LOOK)
    count = 0
    for contact in db.scalars(found.with_for_update(skip_locked=True)):
        assert contact.draft_at is not None
        # who was away for both is told once
        contact.nudges = sum(contact.draft_at <= now - after for after in NUDGE_AFTER)
        away = contact.stopped_at or contact.unreachable_at or contact.erase_at
        if away is None and NUDGE_MUTED_AS not in muted_kinds(contact):
            finish = Offer(WORD_STEP, "finish", Say("word.finish"), about="0")
            enqueue_notice(
                db,
                desk,
                contact,
                Reply((Say("nudge.waits"), Say("nudge.stop")), (finish,), numbered=False),
                about=SubjectKind.NUDGE.of(),
                kind=DeliveryKind.NUDGE,
                not_after=now + NUDGE_TTL,
            )
            count += 1
    return count
