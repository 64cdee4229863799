"""The chamber's people: warned of what concerns the whole desk, their names and roles in words, who is silent."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.roles import Role
from conversations.values import Named, Reply, Say, SubjectKind
from locales.speech import LANGUAGES
from models import staff
from models.contact import Contact, lock_contact
from models.delivery import told_about_since
from models.registration import Registration
from models.sealed import UNREADABLE
from models.staff import Staff, StaffState
from services.context import Desk
from services.key_value import get_value, set_value
from services.outbox.messages import enqueue_notice
from services.people.journal import record_act
from services.restore_guard import clock_is_doubted

WARNED_AGAIN_AFTER = timedelta(hours=1)
SILENT_AFTER = timedelta(days=60)  # a phone that nobody used for so long may have another holder
ASKED_AGAIN_AFTER = timedelta(days=1)
FEWER_ADMINS = "fewer_admins"  # when there was an admin less, for the last time
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def warn_admins(db: Session, desk: Desk, what: str) -> int:
    """Tell every admin of something that concerns the whole desk (`staff.warn.<what>`), at most once in
    `WARNED_AGAIN_AFTER` for each. Returns how many were told.
    """
    now, name = desk.clock.now(), f"warned.{what}"
    last = get_value(db, name)
    if last is not None and timedelta(0) <= now - datetime.fromisoformat(last) < WARNED_AGAIN_AFTER:
        return 0
    set_value(db, name, now.isoformat())
    admins = staff.staff_with(db, Role.ADMIN)
    for admin in admins:
        enqueue_notice(db, desk, admin, Reply((Say(f"staff.warn.{what}"),)), about=SubjectKind.STAFF.of())
    return len(admins)


def roles_in_words(desk: Desk, row: Staff) -> Named:
    """Return the roles of a colleague in words, in the order of `Role`."""
    held = [Say(f"staff.role.{role}") for role in Role if role in row.role_set]
    names = {}
    for language in LANGUAGES:
        comma = desk.speech.say(Say("staff.role.comma"), language)
        names[language] = f"{comma} ".join(desk.speech.say(each, language) for each in held)
    return Named(names)


def member_in_words(desk: Desk, row: Staff) -> Named:
    """Return what a colleague is called; who has no name yet, by the day she joined."""
    try:
        name = staff.member_name(desk.sealer, row)
    except UNREADABLE:
        name = None
    if name is not None:
        return Named.same(name)
    joined = {"day": Named.same(f"{desk.clock.wall(row.since):%d/%m}")}
    return Named({each: desk.speech.say(Say("staff.nameless", joined), each) for each in LANGUAGES})


def roles_today(db: Session, desk: Desk, contact: Contact, before: datetime | None) -> frozenset[str]:
    """Return the roles of a contact at the desk in this turn. Who was silent for `SILENT_AFTER` has none before an
    admin confirms her: the admins are asked, at most once a day. `before`: when she was last heard before.
    """
    row = staff.staff_of(db, contact.id)
    if row is None:
        return frozenset()
    if row.state == StaffState.ACTIVE and _is_silent(desk, row, before) and not clock_is_doubted(db, desk):
        put_to_sleep(db, desk, row)
    if row.state == StaffState.ASLEEP:
        _ask_to_wake(db, desk, contact, row)
    return row.role_set if row.state == StaffState.ACTIVE else frozenset()


def _is_silent(desk: Desk, row: Staff, heard_at: datetime | None) -> bool:
    last = max(heard_at or LONG_AGO, row.since, row.confirmed_at or LONG_AGO)
    return desk.clock.now() - last >= SILENT_AFTER


def note_fewer_admins(db: Session, desk: Desk) -> None:
    """Note that there is an admin less, from now on: who could confirm others may be gone."""
    set_value(db, FEWER_ADMINS, desk.clock.now().isoformat())


def put_to_sleep(db: Session, desk: Desk, row: Staff) -> None:
    """Take the rights of a colleague away until an admin confirms her."""
    if Role.ADMIN in row.role_set:
        note_fewer_admins(db, desk)
    row.state = StaffState.ASLEEP
    record_act(db, desk, None, "asleep", SubjectKind.STAFF.of(row.id))


def _ask_to_wake(db: Session, desk: Desk, contact: Contact, row: Staff) -> None:
    about = SubjectKind.STAFF.of(row.id)
    if told_about_since(db, contact.id, str(about), desk.clock.now() - ASKED_AGAIN_AFTER):
        return
    admins = staff.staff_with(db, Role.ADMIN)
    said = "staff.asleep.told" if admins else "staff.asleep.server"
    enqueue_notice(db, desk, contact, Reply((Say(said, {"number": Named.same(str(row.id))}),)), about=about)
    asks = Reply(
        (Say("staff.asleep.ask", {"name": member_in_words(desk, row), "role": roles_in_words(desk, row)}),),
        (actions.action_button("wake", "yes", row.id), actions.action_button("wake", "no", row.id)),
        numbered=False,
    )
    for admin in admins:
        enqueue_notice(db, desk, admin, asks, about=SubjectKind.SILENT.of(row.id))


def note_other_holder(db: Session, desk: Desk, contact_id: UUID) -> None:
    """Note that a number has another holder: nothing of the one before is taken for known, as after a long silence."""
    contact = lock_contact(db, contact_id)
    contact.heard_at = LONG_AGO
    db.execute(sa.update(Registration).where(Registration.contact_id == contact_id).values(seen_at=None))
    row = staff.staff_of(db, contact_id)
    if row is not None and row.state == StaffState.ACTIVE:
        put_to_sleep(db, desk, row)


def let_sleep(db: Session, desk: Desk) -> int:
    """Take the rights of every colleague who was silent for `SILENT_AFTER`: what artisans write is not rung on a phone
    that may have another holder. Returns how many.
    """
    count = 0
    for row in staff.staff_in(db, StaffState.ACTIVE):
        if _is_silent(desk, row, db.get_one(Contact, row.contact_id).heard_at):
            put_to_sleep(db, desk, row)
            count += 1
    return count
