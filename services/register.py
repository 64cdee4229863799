"""A pre-registration is received: checked again, sealed, given a reference to read aloud."""

import secrets

import orjson
from sqlalchemy.orm import Session
from stdnum import damm

from conversations.register.flow import CONSENT_VERSION
from conversations.values import Deed, Done, Named, Say
from models import registration
from models.contact import Contact
from models.registration import RECEIVED, Registration, seal_person
from models.rows import new_id
from services.around import phone_of
from services.audience import place_offered
from services.desk import Desk

DIGITS = 8


def register(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """Receive the file, and say its reference."""
    given = deed.answers
    phone = phone_of(db, desk, contact) if given["phone"] == "mine" else given["phone"]
    trade = given["trade"] == "other" or desk.sources["trades"].offers(str(given["trade"]))
    if (
        given.get("consent") != "yes"
        or phone is None
        or contact.channel is None
        or not (place_offered(desk, given) and trade)
    ):
        return Done((Say("desk.not_offered"),), refused=True)
    id, now = new_id(), desk.clock.now()
    person = orjson.dumps({"name": given["name"], "phone": phone})
    reference = fresh_reference(db)
    db.add(
        Registration(
            id=id, reference=reference, contact_id=contact.id, state=RECEIVED,
            person=seal_person(desk.sealer, id, person), trade=given["trade"], commune=given["commune"],
            province=given["province"], language=contact.language or "ar", channel=contact.channel,
            consent_version=CONSENT_VERSION, consent_at=now, created_at=now,
        )
    )  # fmt: skip
    db.flush()
    return Done((Say("register.done", {"reference": Named.same(grouped(reference))}), Say("register.next")))


def fresh_reference(db: Session) -> str:
    """Eight random digits and a check digit (Damm: it finds every wrong digit and every swap)."""
    while True:
        number = f"{secrets.randbelow(9 * 10 ** (DIGITS - 1)) + 10 ** (DIGITS - 1)}"
        reference = number + damm.calc_check_digit(number)
        if not registration.taken(db, reference):
            return reference


def grouped(reference: str) -> str:
    """By threes, as it is read aloud."""
    return "\u00a0".join(reference[i : i + 3] for i in range(0, len(reference), 3))
