"""Erasure: asked in two steps, two days to change one's mind, then every place, and a receipt."""

import logging
import secrets
import uuid
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.desk.chat import Chat
from conversations.values import Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import erasing, staff
from models.contact import Contact, lock_contact
from models.erasure_record import Erasure, ErasureCause
from models.link import Link
from models.registration import Registration, file_of, files_of
from models.sealed import UNREADABLE
from services.chats import read_chat, write_chat
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.people.consents import withdraw_consent
from services.people.files import grouped_reference, is_fresh
from services.privacy.daily_cap import count_deleted, is_capped
from services.privacy.erasure_list import list_erasure

log = logging.getLogger(__name__)

ERASE_AFTER = timedelta(hours=48)
LAST_WORD_WAIT = timedelta(days=1)  # how long the last message may take to leave
ERASED_A_LOOK = 20
ASKED_FOR = "asked"


def ask_erasure(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Note that a file, or everything, is to be erased after `ERASE_AFTER`, and withdraw its consent. Returns when,
    and how to change one's mind.
    """
    at = desk.clock.now() + ERASE_AFTER
    if staff.roles_of(db, contact.id):
        return OperationResult((Say("erase.staff"),), refused=True)
    if operation.answers.get("what") == "file":
        row = file_of(db, contact.id, str(operation.answers.get("file")))
        if row is None or not is_fresh(desk, row):
            return OperationResult((Say("desk.not_offered"),), refused=True)
        row.erase_at = row.erase_at or at
        subject, at = row.id, row.erase_at
    elif any(not is_fresh(desk, row) for row in files_of(db, contact.id)):
        # nobody erases another's file without being known: each is opened first
        return OperationResult((Say("erase.open_first"),), opens=("files", {}))
    else:
        contact.erase_at = contact.erase_at or at
        subject, at = contact.id, contact.erase_at
    files = [subject] if subject != contact.id else [row.id for row in files_of(db, contact.id)]
    db.execute(sa.delete(Link).where(Link.file_id.in_(files), Link.used_at.is_(None)))
    withdraw_consent(db, desk, contact, subject if subject != contact.id else None)
    receipt = _receipt(db, subject) or Erasure(
        at=at, why=ErasureCause.ASKED, subject=subject, receipt=f"{secrets.randbelow(9 * 10**8) + 10**8}", counts={}
    )
    db.add(receipt)
    number = Named.same(grouped_reference(str(receipt.receipt)))
    return OperationResult((Say("erase.when", {"when": desk.clock.wall(at), "receipt": number}),))


def _receipt(db: Session, subject: uuid.UUID) -> Erasure | None:
    return db.scalars(sa.select(Erasure).where(Erasure.subject == subject)).first()


# -- what the clock looks at --------------------------------------------------------------------


def erase_due(db: Session, desk: Desk) -> int:
    """Erase what is due, the last word first. Returns how many files, contacts and last words there were."""
    now = desk.clock.now()
    if is_capped(db, desk, ASKED_FOR, count_files_and_contacts):
        return 0
    files = sa.select(Registration).where(Registration.erase_at <= now).limit(ERASED_A_LOOK)
    people = sa.select(Contact.id).where(Contact.erase_at <= now).limit(ERASED_A_LOOK)
    count = 0
    for row in db.scalars(files).all():
        count += _erase_file(db, desk, row)
    for id in db.scalars(people).all():
        count += _erase_contact(db, desk, lock_contact(db, id))
    count_deleted(db, desk, ASKED_FOR, count)
    return count


def count_files_and_contacts(db: Session) -> int:
    """Return how many files and contacts there are."""
    tables: tuple[type, ...] = (Registration, Contact)
    return sum(db.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables)


def _erase_file(db: Session, desk: Desk, row: Registration) -> int:
    contact, now = lock_contact(db, row.contact_id), desk.clock.now()
    if row.erase_at is None or row.erase_at > now:
        return 0  # she changed her mind meanwhile
    if erasing.has_outgoing(db, contact.id) and now - row.erase_at < LAST_WORD_WAIT:
        return 0
    receipt, language = _receipt(db, row.id), row.language
    list_erasure(desk, row.id, now)
    counts = erasing.erase_file(db, row)
    forget_forms(desk, contact, row.id.hex)
    _log(db, desk, receipt, counts)
    if receipt is not None:
        enqueue_notice(db, desk, contact, _told(desk, receipt), about=SubjectKind.ERASED.of(), language=language)
    return 1


def _erase_contact(db: Session, desk: Desk, contact: Contact) -> int:
    """First the last message, which needs the address; when it has left, everything."""
    now = desk.clock.now()
    if contact.erase_at is None or contact.erase_at > now:
        return 0
    if staff.roles_of(db, contact.id):  # she joined meanwhile: an admin takes her off first
        contact.erase_at = None
        db.execute(sa.delete(Erasure).where(Erasure.subject == contact.id, Erasure.why == ErasureCause.ASKED))
        return 0
    receipt = _receipt(db, contact.id)
    if receipt is not None and receipt.at <= now and not receipt.counts:
        receipt.counts = {"told": 1}
        contact.chat = None  # nothing more is said to her than this
        enqueue_notice(
            db, desk, contact, _told(desk, receipt), about=SubjectKind.ERASED.of(), not_after=now + LAST_WORD_WAIT
        )
        return 1
    if erasing.has_outgoing(db, contact.id) and now - contact.erase_at < LAST_WORD_WAIT:
        return 0
    list_erasure(desk, contact.id, now)
    _log(db, desk, receipt, erase_all(db, desk, contact))
    return 1


def erase_all(db: Session, desk: Desk, contact: Contact) -> dict[str, int]:
    """Erase every place of a contact; its files count as erased too. Returns rows by table."""
    for row in files_of(db, contact.id):
        db.execute(sa.delete(Erasure).where(Erasure.subject == row.id))
    db.flush()
    return erasing.erase_contact(db, contact, desk.clock.now())


def _told(desk: Desk, receipt: Erasure) -> Reply:
    number = Named.same(grouped_reference(str(receipt.receipt)))
    return Reply((Say("erase.done", {"receipt": number, "when": desk.clock.wall()}),))


def forget_forms(desk: Desk, contact: Contact, file: str) -> None:
    """Remove the forms about a file from the conversation."""
    if contact.chat is None:
        return
    try:
        chat = read_chat(desk, contact)
    except UNREADABLE:
        contact.chat = None
        return
    forms = {key: form for key, form in chat.forms.items() if file not in map(str, form.state.answers.values())}
    open_now = chat.open if chat.open in forms else "welcome"
    write_chat(desk, contact, Chat(chat.language, open_now, forms, chat.begun, chat.with_person))


def _log(db: Session, desk: Desk, receipt: Erasure | None, counts: dict[str, int]) -> None:
    found = {table: count for table, count in counts.items() if count}
    if receipt is not None:
        receipt.counts, receipt.at = found, desk.clock.now()
    log.info("erased", extra={"count": sum(found.values())})
