"""A second person agrees, or does not: never its author, never what was altered since, never too late."""

from datetime import timedelta

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import APPROVER, BROADCASTER, may
from conversations.values import Blank, Deed, Done, Named, Reply, Say
from models import broadcast, staff
from models.broadcast import DROPPED, FROZEN, WAITING, Broadcast
from models.contact import Contact
from services.broadcasts.lifecycle import held, intact, launch, preview, repeats, undo_offer
from services.context import Desk
from services.outbox.messages import notify

LIVES = timedelta(hours=24)
FRESH = timedelta(minutes=15)  # the count is typed while one remembers what it is of


def ask_approval(db: Session, desk: Desk, contact: Contact, row: Broadcast) -> Done:
    """A message waits for a second person: each of those who may is asked."""
    others = [each for each in staff.having(db, APPROVER, staff.ADMIN) if each.id != contact.id]
    reached = [each for each in others if _can_be_asked(desk, each)]
    if not reached:
        row.state = DROPPED
        said = "nobody_reached" if others else "nobody_approves"
        return Done((Say(f"broadcast.{said}"),))
    row.state = WAITING
    for each in reached:
        preview(db, desk, each, row, "preview")
        blanks: dict[str, Blank] = {"number": row.count, "id": Named.same(str(row.id))}
        asks = Reply(
            (Say("broadcast.approve", blanks, count=row.count),),
            (actions.offer("approve", "yes", row.id), actions.offer("approve", "no", row.id)),
            numbered=False,
        )
        notify(db, desk, each, asks, about=f"approval:{row.id}")
    return Done((Say("broadcast.waiting"),), drops=("broadcast", "correct"))


def approve_yes(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Another person agrees: it goes. Never its author, never what was altered since, never too late."""
    row = held(db, int(deed.answers["approval"]))
    if row is None or row.state != WAITING:
        return Done((Say("desk.done_already"),), refused=True)
    if row.author_id == contact.id:
        return Done((Say("broadcast.not_yourself"),), refused=True)
    if desk.clock.now() - row.created_at > LIVES or not intact(row):
        row.state = DROPPED
        return Done((Say("broadcast.refused.old"),))
    if not may(staff.role_of(db, row.author_id), BROADCASTER):
        row.state = DROPPED
        return Done((Say("broadcast.refused.author"),))
    if repeats(db, desk, row):
        row.state = DROPPED
        return Done((Say("broadcast.refused.repeated"),))
    row.approver_id = contact.id
    says = launch(db, desk, row)
    told = Reply((Say("broadcast.approved"), *says), undo_offer(row), numbered=False)
    notify(db, desk, db.get_one(Contact, row.author_id), told, about=f"sending:{row.id}")
    return Done((Say("broadcast.approved.yes"), *says), about=f"sending:{row.id}")


def approve_no(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Another person does not agree: nothing leaves, and its author is told."""
    row = held(db, int(deed.answers["approval"]))
    if row is None or row.state != WAITING or row.author_id == contact.id:
        return Done((Say("desk.done_already"),), refused=True)
    row.state, row.approver_id = DROPPED, contact.id
    notify(
        db,
        desk,
        db.get_one(Contact, row.author_id),
        Reply((Say("broadcast.not_approved"),)),
        about=f"broadcast:{row.id}",
    )
    return Done((Say("broadcast.approved.no"),))


def _can_be_asked(desk: Desk, contact: Contact) -> bool:
    """Whether what is put down for her leaves: out of the window of a channel only as a template."""
    if contact.channel is None or contact.unreachable_at is not None:
        return False
    free = desk.way(contact.channel).window is None
    open_now = contact.window_until is not None and desk.clock.now() < contact.window_until
    return free or open_now or desk.policy.template("staff", contact.language) is not None


def lapse(db: Session, desk: Desk) -> int:
    """What nobody confirmed, or agreed to, in time is dropped; its author is told of the second. How many."""
    now, count = desk.clock.now(), 0
    for row in broadcast.standing(db, WAITING, FROZEN):
        lives = LIVES if row.state == WAITING else FRESH
        if now - row.created_at <= lives:
            continue
        if row.state == WAITING:
            told = Reply((Say("broadcast.lapsed", {"id": Named.same(str(row.id))}),))
            notify(db, desk, db.get_one(Contact, row.author_id), told, about=f"broadcast:{row.id}")
        row.state = DROPPED
        count += 1
    return count
