"""Placeholders of a clerk's words, filled for each person: first name, commune, session."""

import hashlib
import re
import uuid
from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.forms.kinds.message import FIELD, PLACEHOLDERS
from conversations.values import Say
from locales.speech import isolate
from models import session
from models.contact import Contact
from models.registration import Registration, files_of
from models.session import Attendance, AttendanceAnswer, AwarenessSession, Subscription
from services.context import Desk
from services.people.files import HIDDEN_NAME, name_of

NAME_FIELD, COMMUNE_FIELD, SESSION_FIELD = PLACEHOLDERS
# Words that are the first half of a first name.
FIRST_NAME_HALVES = (
    "عبد",
    "abd",
    "abdel",
    "abdul",
    "أبو",
    "abou",
    "سيدي",
    "sidi",
    "مولاي",
    "moulay",
    "لالة",
    "lalla",
    "آيت",
)
ANY_SPACE = re.compile(r"\s+")


def text_hash(texts: Mapping[str, str]) -> bytes:
    """Return the hash (SHA-256) by which the same words are known, however they are spaced."""
    plain = "\0".join(ANY_SPACE.sub(" ", texts[language]).strip() for language in sorted(texts))
    return hashlib.sha256(plain.encode()).digest()


def placeholders_in(texts: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the placeholders some words have."""
    return frozenset(name for text in texts.values() for name in FIELD.findall(text))


def lacking_values(
    db: Session, desk: Desk, among: sa.Select[uuid.UUID], placeholders: Collection[str]
) -> set[uuid.UUID]:
    """Return those of some contacts for whom a placeholder has no value."""
    if not placeholders:
        return set()
    every = set(db.scalars(among))
    having = set(every)
    one_file = sa.select(Registration.contact_id).group_by(Registration.contact_id).having(sa.func.count() == 1)
    if NAME_FIELD in placeholders:
        having &= set(db.scalars(one_file))
    if COMMUNE_FIELD in placeholders:
        known = set(db.scalars(sa.select(Subscription.contact_id))) | set(db.scalars(one_file))
        having &= known
    if SESSION_FIELD in placeholders:
        having &= _with_a_meeting(db, desk.clock.now())
    return every - having


def _with_a_meeting(db: Session, now: datetime) -> set[uuid.UUID]:
    coming = session.coming_sessions(db, now)
    communes = {row.commune for row in coming}
    provinces = {row.province for row in coming}
    found = set(
        db.scalars(
            sa.select(Subscription.contact_id).where(
                sa.or_(Subscription.commune.in_(communes), Subscription.province.in_(provinces))
            )
        )
    )
    ids = [row.id for row in coming]
    said = sa.select(Attendance.contact_id).where(
        Attendance.session_id.in_(ids), Attendance.answer == AttendanceAnswer.COMES
    )
    return found | set(db.scalars(said))


def fill_placeholders(
    db: Session, desk: Desk, contact: Contact, text: str, language: str, meetings: bool = True
) -> str | None:
    """Return words with their placeholders filled for a contact; None when one has no value."""
    values: dict[str, str] = {}
    for blank in FIELD.findall(text):
        value = _value(db, desk, contact, blank, language)
        if value is None:
            return None
        values[blank] = isolate(value, language)
    return FIELD.sub(lambda found: values[found[1]], text)


def fill_with_examples(desk: Desk, where: Mapping[str, str], text: str, language: str) -> str:
    """Return words with their placeholders filled by examples, for a clerk to see. `where`: the filter whose commune
    is shown.
    """
    communes = desk.sources["communes"]
    commune = where.get("commune") or communes.find("", where, 0)[0][0]
    values = {
        NAME_FIELD: desk.speech.say(Say("blank.sample.name"), language),
        COMMUNE_FIELD: communes.label(commune).names[language],
        SESSION_FIELD: desk.speech.say(Say("blank.sample.session"), language),
    }
    return FIELD.sub(lambda found: isolate(values[found[1]], language), text)


def text_as_typed(desk: Desk, text: str, language: str) -> str:
    """Return words with their placeholders as a clerk types them."""
    return FIELD.sub(lambda found: f"[{desk.speech.say(Say(f'blank.{found[1]}'), language)}]", text)


def _value(db: Session, desk: Desk, contact: Contact, blank: str, language: str) -> str | None:
    if blank == SESSION_FIELD:
        row = next_session_for(db, desk, contact)
        return None if row is None else _meeting(desk, row, language)
    files = files_of(db, contact.id)
    file = files[0] if len(files) == 1 else None
    if blank == NAME_FIELD:
        name = HIDDEN_NAME if file is None else name_of(desk, file)
        return None if name == HIDDEN_NAME else first_name(name)
    wish = db.get(Subscription, contact.id)
    commune = file.commune if file else wish.commune if wish else None
    return None if commune is None else desk.sources["communes"].label(commune).names[language]


def first_name(name: str) -> str:
    """Return the part of a name by which one is greeted."""
    words = name.split()
    many = 2 if len(words) > 2 and words[0].lower() in FIRST_NAME_HALVES else 1
    return " ".join(words[:many])


def next_session_for(db: Session, desk: Desk, contact: Contact) -> AwarenessSession | None:
    """Return the next session a contact said she comes to; else the next of her commune, or of her province."""
    now = desk.clock.now()
    mine = db.scalar(session.sessions_she_comes_to(contact.id, now).limit(1))
    if mine is not None:
        return db.get(AwarenessSession, mine)
    wish = db.get(Subscription, contact.id)
    if wish is None:
        return None
    coming = session.coming_sessions(db, now)
    near = [row for row in coming if row.commune == wish.commune]
    return next(iter((*near, *(row for row in coming if row.province == wish.province))), None)


def _meeting(desk: Desk, row: AwarenessSession, language: str) -> str:
    when = desk.speech.say(Say("desk.when", {"when": desk.clock.wall(row.starts_at)}), language)
    return f"{when}{'، ' if language == 'ar' else ', '}{row.place[language]}"
