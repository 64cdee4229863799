"""The number of the identity card: never in a chat, on the desk's own page behind a link used once.

A link is `/f/<token>`: sixteen random bytes, the moment it ends, and a signature over both; what is kept of
it is a keyed hash. An altered, unknown, used or old one is answered alike.
"""

import base64
import hmac
import os
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.language import card_number
from conversations.language.card_number import Cin
from conversations.values import Named, Operation, OperationResult, Reply, Say, SubjectKind
from models.contact import Contact
from models.link import Link
from models.registration import CardGiven, Registration, blind_cin, files_of, seal_cin
from models.sealed import SealBroken
from services.context import Desk
from services.outbox.messages import enqueue_notice
from services.people.files import NOT_OFFERED, grouped_reference, is_fresh, is_leaving, own_file

LINK_TTL = timedelta(minutes=30)
MOST_LINK_TRIES = 10
RANDOM_BYTES, SIGNATURE_BYTES = 16, 16


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link that may be used now: whose file, in which language, by the last digits of its reference."""

    file_id: uuid.UUID
    language: str
    reference: str
    token: bytes


def how_to_give(db: Session, desk: Desk, row: Registration) -> tuple[Say, ...]:
    """Return how the card's number is given: by a fresh link, or at the counter."""
    if desk.policy.url is None:
        return (Say("cin.counter"),)
    minutes = int(LINK_TTL.total_seconds() // 60)
    url = Named.same(f"{desk.policy.url}/f/{fresh_link(db, desk, row)}")
    return (Say("cin.link", {"link": url, "minutes": minutes}),)


def send_link(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return a fresh link to give the card's number, for the file that is open."""
    row = own_file(db, desk, contact, operation)
    if row is None or is_leaving(contact, row):
        return NOT_OFFERED
    return OperationResult(how_to_give(db, desk, row), stays=True)


def number_typed(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return how a card's number is given, to somebody who wrote one in the chat: it was not kept."""
    hers = files_of(db, contact.id)
    waiting = [row for row in hers if row.cin is None and is_fresh(desk, row)]
    how = how_to_give(db, desk, waiting[0]) if len(waiting) == 1 else (Say("cin.which" if hers else "cin.later"),)
    return OperationResult((Say("desk.card.typed"), *how), stays=True)


def fresh_link(db: Session, desk: Desk, row: Registration) -> str:
    """Return a new link for a file; earlier ones of it are void."""
    db.execute(sa.delete(Link).where(Link.file_id == row.id, Link.used_at.is_(None)))
    ends = desk.clock.now() + LINK_TTL
    token = "-"  # noqa: S105 (a start, not a secret)
    while not token[-1].isalnum():  # what ends with a sign is cut where people's programs look for links
        body = os.urandom(RANDOM_BYTES) + struct.pack(">I", int(ends.timestamp()))
        token = base64.urlsafe_b64encode(body + _signed(desk, body)).rstrip(b"=").decode()
    db.add(Link(token=desk.sealer.blind("link", token), file_id=row.id, expires_at=ends, tries=0))
    return token


def _signed(desk: Desk, body: bytes) -> bytes:
    return desk.sealer.blind("link.signature", body.hex())[:SIGNATURE_BYTES]


def open_link(db: Session, desk: Desk, token: str) -> OpenedLink | None:
    """Return what a link opens now; None for one that is altered, unknown, used or older than `LINK_TTL`."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    if len(body) != RANDOM_BYTES + 4 or not hmac.compare_digest(signature, _signed(desk, body)):
        return None
    (ends,) = struct.unpack(">I", body[RANDOM_BYTES:])
    now = desk.clock.now()
    if now >= datetime.fromtimestamp(ends, UTC):
        return None
    known = desk.sealer.blind("link", token)
    link = db.get(Link, known)
    if link is None or link.used_at is not None or link.tries >= MOST_LINK_TRIES or now >= link.expires_at:
        return None
    row = db.get(Registration, link.file_id)
    if row is None or is_leaving(db.get_one(Contact, row.contact_id), row):
        return None
    return OpenedLink(row.id, row.language, grouped_reference(row.reference)[-3:], known)


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """What was sent to the page: a number said back masked, with the same sealed for the yes; or nothing."""

    again: str = ""
    masked: str = ""
    unusual: bool = False
    digits: int = 0


def read_number(db: Session, desk: Desk, token: str, text: str) -> tuple[OpenedLink, ReadNumber] | None:
    """Read a number typed on the page, counting the try. Returns the link and what was read; None when the link may
    not be used.
    """
    link = open_link(db, desk, token)
    if link is None:
        return None
    _count(db, link)
    cin = card_number.read_card(text[:200])
    if cin is None:
        return link, ReadNumber()
    sealed = desk.sealer.seal("link", "cin", link.token.hex(), cin.value.encode())
    again = base64.urlsafe_b64encode(sealed).decode()
    return link, ReadNumber(again, card_number.masked(cin.value), cin.unusual, cin.digits)


def _count(db: Session, link: OpenedLink) -> None:
    row = db.get_one(Link, link.token)
    row.tries += 1


def give_number(db: Session, desk: Desk, token: str, again: str) -> OpenedLink | None:
    """Seal the number agreed to in its file and spend the link. Returns the link; None when it may not be used."""
    link = open_link(db, desk, token)
    if link is None:
        return None
    try:
        sealed = base64.urlsafe_b64decode(again[:400])
        cin = Cin(desk.sealer.unseal("link", "cin", link.token.hex(), sealed).decode())
    except (ValueError, SealBroken):
        return None
    row = db.get_one(Registration, link.file_id)
    spent = db.get_one(Link, link.token, with_for_update=True)
    if spent.used_at is not None:
        return None
    spent.used_at = desk.clock.now()
    _keep(db, desk, row, cin)
    return link


def _keep(db: Session, desk: Desk, row: Registration, cin: Cin) -> None:
    row.cin, row.cin_by = seal_cin(desk.sealer, row.id, cin.value), CardGiven.ON_THE_PAGE
    row.cin_blind = blind_cin(desk.sealer, cin.value)
    row.changed_at, row.to_compare = desk.clock.now(), True
    db.flush()
    own = [each for each in files_of(db, row.contact_id) if each.id != row.id and each.cin_blind == row.cin_blind]
    contact = db.get_one(Contact, row.contact_id)
    said = Say("cin.received", {"cin": Named.same(card_number.masked(cin.value))})
    says = (said, *((Say("cin.twice"),) if own else ()))
    enqueue_notice(db, desk, contact, Reply(says), about=SubjectKind.CARD_NUMBER.of(), language=row.language)


def show_at_counter(db: Session, desk: Desk, token: str) -> OpenedLink | None:
    """Note that the card is shown at the counter and spend the link. Returns the link; None when it may not be used."""
    link = open_link(db, desk, token)
    if link is None:
        return None
    row, spent = db.get_one(Registration, link.file_id), db.get_one(Link, link.token)
    row.cin_by, spent.used_at = CardGiven.AT_THE_COUNTER, desk.clock.now()
    return link
