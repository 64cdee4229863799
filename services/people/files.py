"""The files of a phone: chosen, shown to who is their person, corrected, kept on a card."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.context import File
from conversations.desk.chat import Chat, Form
from conversations.files.flow import DRAFT, ERASE, FILE, PROVE
from conversations.language.card_number import masked
from conversations.register.flow import CONSENT_VERSION
from conversations.values import Answers, Deed, Done, Named, Say
from locales.speech import LANGUAGES
from models.contact import Contact
from models.erasure import ASKED, Erasure
from models.registration import Registration, file_of, files_of, unseal_cin, unseal_person
from models.sealed import UNREADABLE
from services.context import Desk
from services.people.consents import kept

log = logging.getLogger(__name__)

PAGE = 8
DOTS = "•••"
MOST_TRIES = 3
LOCKED = timedelta(hours=24)
NOT_OFFERED = Done((Say("desk.not_offered"),), refused=True)


def person_of(desk: Desk, row: Registration) -> dict[str, Any]:
    """Every answer of a file. UNREADABLE's when it cannot be read."""
    person: dict[str, Any] = orjson.loads(unseal_person(desk.sealer, row))
    return person


def name_of(desk: Desk, row: Registration) -> str:
    """The name in a file; dots for one nobody can read."""
    try:
        return str(person_of(desk, row)["name"])
    except UNREADABLE as error:
        log.error("a file cannot be read", extra={"file": str(row.id), "error": type(error).__name__})
        return DOTS


def fresh(desk: Desk, row: Registration) -> bool:
    """Whether its person was known to be there not long ago."""
    return row.seen_at is not None and desk.clock.now() - row.seen_at < desk.policy.check_after


def grouped(reference: str) -> str:
    """By threes, as it is read aloud."""
    return "\u00a0".join(reference[i : i + 3] for i in range(0, len(reference), 3))


@dataclass(frozen=True, slots=True)
class Files:
    """The files and the waiting forms of a contact, as a source of options."""

    db: Session
    desk: Desk
    contact: Contact
    chat: Chat

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        """All of them, a page at a time; words do not choose among so few."""
        ids = [row.id.hex for row in files_of(self.db, self.contact.id)]
        waiting = self.chat.all_of("register").values()
        ids += [DRAFT + form.draft for form in waiting if self._waits(form)]
        return ids[page * PAGE : (page + 1) * PAGE], len(ids) > (page + 1) * PAGE

    def label(self, id: str) -> Named:
        """The name; only its first letter while nobody proved to be its person."""
        if id.startswith(DRAFT):
            form = next(f for f in self.chat.all_of("register").values() if DRAFT + f.draft == id)
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
        return Named.same(name if fresh(self.desk, row) else first_letter(name))

    def _waits(self, form: Form) -> bool:
        answers = form.state.answers
        return answers.get("consent") == "yes" and not ("file" in answers and self._stale(form))

    def _stale(self, form: Form) -> bool:
        day = self.desk.clock.today()
        return bool(form.touched) and day - date.fromisoformat(form.touched) >= self.desk.policy.check_after

    def known(self, id: str) -> bool:
        """Whether it is one of this phone's."""
        if id.startswith(DRAFT):
            return any(DRAFT + form.draft == id for form in self.chat.all_of("register").values())
        return file_of(self.db, self.contact.id, id) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        """Every one does."""
        return True

    def offers(self, id: str) -> bool:
        """Whether it may be chosen."""
        return self.known(id)

    def file(self, id: str) -> File | None:
        """A file as the mind sees it."""
        row = file_of(self.db, self.contact.id, id)
        if row is None:
            return None
        known = fresh(self.desk, row)
        name = name_of(self.desk, row)
        erased = [at for at in (row.erase_at, self.contact.erase_at) if at is not None]
        return File(
            id=row.id.hex,
            name=Named.same(name if known else first_letter(name)),
            reference=grouped(row.reference),
            state=row.state,
            since=self.desk.clock.wall(row.created_at).date(),
            cin=masked_cin(self.desk, row),
            page=self.desk.policy.url is not None,
            fresh=known,
            erase_on=self.desk.clock.wall(min(erased)) if erased else None,
        )


def masked_cin(desk: Desk, row: Registration) -> str | None:
    """The card's number as its person may see it in a chat; dots for one nobody can read."""
    try:
        cin = unseal_cin(desk.sealer, row)
    except UNREADABLE:
        return DOTS
    return masked(cin) if cin else None


def first_letter(name: str) -> str:
    """A name for who may not see it."""
    return f"{name[:1]}{DOTS}" if name else ""


def mine(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Registration | None:
    """The file a deed is about, if it is this contact's and its person was known lately."""
    row = file_of(db, contact.id, str(deed.answers.get("file")))
    return row if row is not None and fresh(desk, row) else None


def open_file(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A file was chosen: shown, or first its person asked for her day of birth."""
    row = file_of(db, contact.id, str(deed.answers.get("whose")))
    if row is None:
        return NOT_OFFERED
    if fresh(desk, row):
        return _shown(desk, row)
    if _locked(row, desk.clock.now()):
        return Done((Say("prove.locked"),))
    if "birth" not in person_of(desk, row):
        return Done((Say("prove.counter"),))  # of the first, short form: nothing to know its person by
    return Done((), opens=(PROVE, {"file": row.id.hex}))


def prove(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The day of birth was given: the file's person knows it."""
    row, now = file_of(db, contact.id, str(deed.answers.get("file"))), desk.clock.now()
    if row is None:
        return NOT_OFFERED
    if _locked(row, now):
        return Done((Say("prove.locked"),))
    if str(person_of(desk, row).get("birth")) == str(deed.answers.get("proof")):
        return _shown(desk, row)
    if row.tried_at is not None and now - row.tried_at >= LOCKED:
        row.tries = 0
    row.tries, row.tried_at = row.tries + 1, now
    if _locked(row, now):
        return Done((Say("prove.locked"),))
    return Done((Say("prove.wrong"),), opens=(PROVE, {"file": row.id.hex}))


def _locked(row: Registration, now: datetime) -> bool:
    return row.tries >= MOST_TRIES and row.tried_at is not None and now - row.tried_at < LOCKED


def _shown(desk: Desk, row: Registration) -> Done:
    row.seen_at, row.tries = desk.clock.now(), 0
    return Done((), opens=(FILE, {"file": row.id.hex}), speaks=row.language)


def correct(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The file's answers on the counter again, to change any line; words that changed are agreed to anew."""
    row = mine(db, desk, contact, deed)
    if row is None or leaving(contact, row):
        return NOT_OFFERED
    answers = person_of(desk, row)
    if row.consent_version == CONSENT_VERSION:
        answers["consent"] = "yes"
    return Done((), opens=("register", {**answers, "file": row.id.hex}))


def keep_file(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She changed her mind: the file stays."""
    row = file_of(db, contact.id, str(deed.answers.get("file")))
    if row is None:
        return NOT_OFFERED
    if contact.erase_at is not None:
        return Done((), opens=(ERASE, {}))  # everything is to go: that is what must be undone
    row.erase_at = None
    _stays(db, desk, contact, row)
    return Done((Say("erase.stays"),), stays=True)


def _stays(db: Session, desk: Desk, contact: Contact, row: Registration) -> None:
    """The order to erase is void, and what it rests on holds again."""
    db.execute(sa.delete(Erasure).where(Erasure.subject == row.id, Erasure.why == ASKED))
    kept(db, desk, contact, row.id, row.consent_version)


def leaving(contact: Contact, row: Registration) -> bool:
    """Whether a file is to be erased, by itself or with all of its phone."""
    return row.erase_at is not None or contact.erase_at is not None


def keep_all(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She changed her mind: everything stays."""
    contact.erase_at = None
    db.execute(sa.delete(Erasure).where(Erasure.subject == contact.id, Erasure.why == ASKED))
    for row in files_of(db, contact.id):
        if row.erase_at is None:  # one that is to go by itself is another's wish
            kept(db, desk, contact, row.id, row.consent_version)
    return Done((Say("erase.stays"),))
