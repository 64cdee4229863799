"""A pre-registration is received or corrected: checked again, sealed, given a reference to read aloud."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy.orm import Session
from stdnum import damm

from conversations.context import TurnContext
from conversations.forms.flow import locate
from conversations.forms.kinds.phone import grouped_phone as spaced
from conversations.language.understand import fold
from conversations.register.flow import CONSENT_VERSION, FLOW
from conversations.values import Answers, Card, Lines, Named, Operation, OperationResult, Say, State
from models import registration
from models.contact import Contact
from models.registration import FileState, Registration, blind_twins, file_of, files_of, seal_person
from models.rows import new_id
from models.staff import roles_of
from services.chats import read_chat
from services.context import Desk
from services.people.consents import attach_consent, has_consented
from services.people.files import NOT_OFFERED, grouped_reference, is_fresh, is_leaving, own_file, person_of
from services.people.id_card_links import how_to_give
from services.people.phones import phone_of

REFERENCE_DIGITS = 8
MOST_FILES, MOST_A_DAY = 15, 6  # of one phone that is not the chamber's
# Not kept in the file: said of it elsewhere.
NOT_IN_FILE = ("consent", "file")


def register_person(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Receive a file and say its reference, or keep the corrections to one that is there. Returns the reference with
    what to bring; refused when something is missing or the phone registers too many.
    """
    answers = dict(operation.answers)
    if answers.get("phone") == "mine":
        answers["phone"] = phone_of(db, desk, contact)
    if contact.channel is None or not is_complete(desk, answers):
        return NOT_OFFERED
    if contact.erase_at is not None:
        return OperationResult((Say("erase.leaving.ask", {"when": desk.clock.wall(contact.erase_at)}),), refused=True)
    draft = read_chat(desk, contact).forms[FLOW.id].draft
    agreed, now, corrects = has_consented(db, contact, draft), desk.clock.now(), answers.get("file")
    if corrects is not None:
        row = file_of(db, contact.id, str(corrects))
        if row is None or not is_fresh(desk, row) or is_leaving(contact, row):
            return NOT_OFFERED
        if not (agreed or row.consent_version == CONSENT_VERSION):
            return NOT_OFFERED
        row.changed_at = now
    elif not agreed:
        return NOT_OFFERED
    elif not roles_of(db, contact.id) and registers_too_many(db, contact, now):
        return OperationResult((Say("register.too_many"),), refused=True)
    else:
        row = Registration(
            id=new_id(),
            reference=fresh_reference(db),
            contact_id=contact.id,
            state=FileState.RECEIVED,
            created_at=now,
            language=contact.language or "ar",
        )
        db.add(row)
    _fill(desk, contact, row, answers, agreed)
    db.flush()
    attach_consent(db, contact, row, draft)
    if corrects is not None:
        return OperationResult((Say("register.corrected"),), opens=("file", {"file": row.id.hex}))
    reference = Named.same(grouped_reference(row.reference))
    says: list[Say | Lines] = [Say("register.done", {"reference": reference}), Say("register.next")]
    return OperationResult(
        (*says, papers_to_bring(answers), *how_to_give(db, desk, row)), media=(reference_card(desk, row, answers),)
    )


def is_complete(desk: Desk, answers: Answers) -> bool:
    """Return whether every question that applies has a valid answer, and what was chosen is offered today."""
    # the number of this very phone is in the answers by now, whatever the channel tells
    at = locate(FLOW, State(FLOW.id, FLOW.version, {"consent": "yes", **answers}), desk.context()).at
    if at.id != "check" or answers.get("consent") != "yes" or not isinstance(answers.get("phone"), str):
        return False
    trade = str(answers["trade"])
    offered = trade == "other" or desk.sources["trades"].offers(trade)
    return offered and desk.sources["communes"].offers(str(answers["commune"]))


def registers_too_many(db: Session, contact: Contact, now: datetime) -> bool:
    """Return whether this phone has registered as many people as one may; more are registered at the counter."""
    made = [row.created_at for row in files_of(db, contact.id)]
    return len(made) >= MOST_FILES or sum(at > now - timedelta(days=1) for at in made) >= MOST_A_DAY


def _fill(desk: Desk, contact: Contact, row: Registration, answers: Mapping[str, Any], agreed: bool) -> None:
    now = desk.clock.now()
    kept = {key: value for key, value in answers.items() if key not in NOT_IN_FILE}
    row.person = seal_person(desk.sealer, row.id, orjson.dumps(kept))
    row.trade, row.commune = str(answers["trade"]), str(answers["commune"])
    row.province = province_of(desk.context(), row.commune)
    row.channel = contact.channel or ""
    row.seen_at, row.to_compare = now, True
    if agreed:
        row.consent_version, row.consent_at = CONSENT_VERSION, now
    known = answers["phone"] != "none"
    row.twins = blind_twins(desk.sealer, fold(str(answers["name"])), answers["phone"]) if known else None


def province_of(context: TurnContext, commune: str) -> str:
    """Return the province a commune belongs to. Raises KeyError for an unknown commune."""
    communes: Any = context.sources["communes"]
    return str(communes.of(commune))


def papers_to_bring(answers: Mapping[str, Any]) -> Lines:
    """Return what to bring to the chamber."""
    proof = "diploma" if answers.get("has_diploma") == "yes" else "practice"
    return Lines((Say("register.papers.bring"), Say("register.papers.cin"), Say(f"register.papers.{proof}")))


def reference_card(desk: Desk, row: Registration, answers: Mapping[str, Any]) -> Card:
    """Return the reference on a sheet to keep, with what to bring; its code holds the reference alone."""
    place = desk.sources["communes"].label(row.commune)
    trade = Say("register.trade.option.other") if row.trade == "other" else desk.sources["trades"].label(row.trade)
    lines = [
        Say(
            "register.card.line",
            {"name": Say("register.name.name"), "value": Named.same(str(answers["name"]))},
        ),
        Say("register.card.line", {"name": Say("register.trade.name"), "value": trade}),
        Say("register.card.line", {"name": Say("register.commune.name"), "value": place}),
        Say(
            "register.card.line",
            {"name": Say("register.phone.name"), "value": _phone(answers)},
        ),
    ]
    foot = [
        Say("register.card.code"),
        Say("register.card.day", {"day": desk.clock.wall(row.created_at).date()}),
        Say("register.card.keep"),
    ]
    if desk.chamber.address:
        foot.insert(0, Say("register.card.where", {"address": desk.chamber.address}))
    return Card(
        title=Say("register.card.title"),
        figure=Say("register.card.figure", {"reference": Named.same(grouped_reference(row.reference))}),
        parts=(Lines(tuple(lines), flat=True), papers_to_bring(answers)),
        foot=tuple(foot),
        link=row.reference,
    )


def _phone(answers: Mapping[str, Any]) -> Named | Say:
    number = str(answers["phone"])
    return Say("register.phone.option.none") if number == "none" else Named.same(spaced(number))


def send_file_card(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the sheet of the file that is open, once more."""
    row = own_file(db, desk, contact, operation)
    if row is None:
        return NOT_OFFERED
    answers = person_of(desk, row)
    return OperationResult((Say("register.card.here"),), media=(reference_card(desk, row, answers),), stays=True)


def fresh_reference(db: Session) -> str:
    """Return an unused reference: eight random digits and a check digit (Damm: it finds every wrong digit and every
    swap).
    """
    while True:
        number = f"{secrets.randbelow(9 * 10 ** (REFERENCE_DIGITS - 1)) + 10 ** (REFERENCE_DIGITS - 1)}"
        reference = number + damm.calc_check_digit(number)
        if not registration.reference_taken(db, reference):
            return reference
