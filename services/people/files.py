"""The files of a phone: chosen, shown to who is their person, corrected, kept on a card."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import FileView
from conversations.desk.chat import Chat, Form
from conversations.desk.open_forms import DRAFT_ID
from conversations.files.flow import ERASE, FILE, PROVE
from conversations.language.card_number import masked
from conversations.register.flow import CONSENT_VERSION
from conversations.values import Answers, Named, Operation, OperationResult, Say
from locales.speech import LANGUAGES
from models.contact import Contact
from models.erasure_record import Erasure, ErasureCause
from models.registration import Registration, file_of, files_of, unseal_cin, unseal_person
from models.sealed import UNREADABLE
from services.context import Desk
from services.people.consents import restore_consent

log = logging.getLogger(__name__)

FILES_A_PAGE = 8
HIDDEN_NAME = "•••"
MOST_FILE_PROOFS = 3
LOCKED_FOR = timedelta(hours=24)
NOT_OFFERED = OperationResult((Say("desk.not_offered"),), refused=True)


def person_of(desk: Desk, row: Registration) -> dict[str, Any]:
    """Return every answer of a file. Raises one of UNREADABLE when it cannot be read."""
    person: dict[str, Any] = orjson.loads(unseal_person(desk.sealer, row))
    return person


def name_of(desk: Desk, row: Registration) -> str:
    """Return the name in a file; `HIDDEN_NAME` for one nobody can read."""
    try:
        return str(person_of(desk, row)["name"])
    except UNREADABLE as error:
        log.error("a file cannot be read", extra={"file": str(row.id), "error": type(error).__name__})
        return HIDDEN_NAME


def is_fresh(desk: Desk, row: Registration) -> bool:
    """Return whether the file's person was known to be there not long ago."""
    return row.seen_at is not None and desk.clock.now() - row.seen_at < desk.policy.check_after


def grouped_reference(reference: str) -> str:
    """Return a reference by threes, as it is read aloud."""
    return "\u00a0".join(reference[i : i + 3] for i in range(0, len(reference), 3))


@dataclass(frozen=True, slots=True)
class FileSource:
    """The files and the waiting forms of a contact, as a source of options."""

    db: Session
    desk: Desk
    contact: Contact
    chat: Chat

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        """All of them, a page at a time; words do not choose among so few."""
        ids = [row.id.hex for row in files_of(self.db, self.contact.id)]
        waiting = self.chat.all_of("register").values()
        ids += [DRAFT_ID + form.draft for form in waiting if self._waits(form)]
        return ids[page * FILES_A_PAGE : (page + 1) * FILES_A_PAGE], len(ids) > (page + 1) * FILES_A_PAGE

    def label(self, id: str) -> Named:
        """The name; only its first letter while nobody proved to be its person."""
        if id.startswith(DRAFT_ID):
            form = next(f for f in self.chat.all_of("register").values() if DRAFT_ID + f.draft == id)
            name = str(form.state.answers.get("name", ""))
            if form.asleep or self._stale(form):
                name = first_letter(name)
            corrects = "file" in form.state.answers
            kind = "files.correction" if corrects else "files.unfinished" if name else "files.nameless"
            return Named(
                {each: self.desk.speech.say(Say(kind, {"name": Named.same(name)}), each) for each in LANGUAGES}
            )
        row = file_of(self.db, self.contact.id, id)
        if row is None:
            raise KeyError(id)
        name = name_of(self.desk, row)
        return Named.same(name if is_fresh(self.desk, row) else first_letter(name))

    def _waits(self, form: Form) -> bool:
        answers = form.state.answers
        return answers.get("consent") == "yes" and not ("file" in answers and self._stale(form))

    def _stale(self, form: Form) -> bool:
        day = self.desk.clock.today()
        return bool(form.touched) and day - date.fromisoformat(form.touched) >= self.desk.policy.check_after

    def known(self, id: str) -> bool:
        """Whether it is one of this phone's."""
        if id.startswith(DRAFT_ID):
            return any(DRAFT_ID + form.draft == id for form in self.chat.all_of("register").values())
        return file_of(self.db, self.contact.id, id) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        """Every one does."""
        return True

    def offers(self, id: str) -> bool:
        """Whether it may be chosen."""
        return self.known(id)

    def file(self, id: str) -> FileView | None:
        """Return a file as the mind sees it; None when it is not one of this phone's."""
        row = file_of(self.db, self.contact.id, id)
        if row is None:
            return None
        known = is_fresh(self.desk, row)
        name = name_of(self.desk, row)
        erased = [at for at in (row.erase_at, self.contact.erase_at) if at is not None]
        return FileView(
            id=row.id.hex,
            name=Named.same(name if known else first_letter(name)),
            reference=grouped_reference(row.reference),
            state=row.state,
            since=self.desk.clock.wall(row.created_at).date(),
            cin=masked_cin(self.desk, row),
            page=self.desk.policy.url is not None,
            fresh=known,
            erase_on=self.desk.clock.wall(min(erased)) if erased else None,
        )


def masked_cin(desk: Desk, row: Registration) -> str | None:
    """Return the card's number as its person may see it in a chat; `HIDDEN_NAME` for one nobody can read, None when
    it was not given.
    """
    try:
        cin = unseal_cin(desk.sealer, row)
    except UNREADABLE:
        return HIDDEN_NAME
    return masked(cin) if cin else None


def first_letter(name: str) -> str:
    """Return a name as who may not know it sees it."""
    return f"{name[:1]}{HIDDEN_NAME}" if name else ""


def own_file(db: Session, desk: Desk, contact: Contact, operation: Operation) -> Registration | None:
    """Return the file an operation is about, if it is this contact's and its person was known lately; else None."""
    row = file_of(db, contact.id, str(operation.answers.get("file")))
    return row if row is not None and is_fresh(desk, row) else None


def open_file(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the form that shows the chosen file, or the one that first asks its person's day of birth."""
    row = file_of(db, contact.id, str(operation.answers.get("whose")))
    if row is None:
        return NOT_OFFERED
    if is_fresh(desk, row):
        return _shown(desk, row)
    if _locked(row, desk.clock.now()):
        return OperationResult((Say("prove.locked"),))
    if "birth" not in person_of(desk, row):
        return OperationResult((Say("prove.counter"),))  # of the first, short form: nothing to know its person by
    return OperationResult((), opens=(PROVE, {"file": row.id.hex}))


def prove_person(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Check the day of birth given for a file. Returns the file shown; refused when it is wrong, and locked after
    `MOST_FILE_PROOFS`.
    """
    row, now = file_of(db, contact.id, str(operation.answers.get("file"))), desk.clock.now()
    if row is None:
        return NOT_OFFERED
    if _locked(row, now):
        return OperationResult((Say("prove.locked"),))
    if str(person_of(desk, row).get("birth")) == str(operation.answers.get("proof")):
        return _shown(desk, row)
    if row.tried_at is not None and now - row.tried_at >= LOCKED_FOR:
        row.tries = 0
    row.tries, row.tried_at = row.tries + 1, now
    if _locked(row, now):
        return OperationResult((Say("prove.locked"),))
    return OperationResult((Say("prove.wrong"),), opens=(PROVE, {"file": row.id.hex}))


def _locked(row: Registration, now: datetime) -> bool:
    return row.tries >= MOST_FILE_PROOFS and row.tried_at is not None and now - row.tried_at < LOCKED_FOR


def _shown(desk: Desk, row: Registration) -> OperationResult:
    row.seen_at, row.tries = desk.clock.now(), 0
    return OperationResult((), opens=(FILE, {"file": row.id.hex}), speaks=row.language)


def correct_file(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the pre-registration form filled with the file's answers; words that changed since are agreed to anew."""
    row = own_file(db, desk, contact, operation)
    if row is None or is_leaving(contact, row):
        return NOT_OFFERED
    answers = person_of(desk, row)
    if row.consent_version == CONSENT_VERSION:
        answers["consent"] = "yes"
    return OperationResult((), opens=("register", {**answers, "file": row.id.hex}))


def keep_file(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take back the wish that a file be erased. Returns the file shown."""
    row = file_of(db, contact.id, str(operation.answers.get("file")))
    if row is None:
        return NOT_OFFERED
    if contact.erase_at is not None:
        return OperationResult((), opens=(ERASE, {}))  # everything is to go: that is what must be undone
    row.erase_at = None
    _stays(db, desk, contact, row)
    return OperationResult((Say("erase.stays"),), stays=True)


def _stays(db: Session, desk: Desk, contact: Contact, row: Registration) -> None:
    """The order to erase is void, and what it rests on holds again."""
    db.execute(sa.delete(Erasure).where(Erasure.subject == row.id, Erasure.why == ErasureCause.ASKED))
    restore_consent(db, desk, contact, row.id, row.consent_version)


def is_leaving(contact: Contact, row: Registration) -> bool:
    """Return whether a file is to be erased, by itself or with all of its phone."""
    return row.erase_at is not None or contact.erase_at is not None


def keep_all(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Take back the wish that everything be erased. Returns what she is told."""
    contact.erase_at = None
    db.execute(sa.delete(Erasure).where(Erasure.subject == contact.id, Erasure.why == ErasureCause.ASKED))
    for row in files_of(db, contact.id):
        if row.erase_at is None:  # one that is to go by itself is another's wish
            restore_consent(db, desk, contact, row.id, row.consent_version)
    return OperationResult((Say("erase.stays"),))
