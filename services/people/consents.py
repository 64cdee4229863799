"""What was agreed to, refused or withdrawn: kept with the words' version, language, channel and time."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.register.flow import CONSENT_VERSION
from models.consent import Consent, ConsentAnswer
from models.contact import Contact
from models.registration import Registration
from services.context import Desk

CONSENT_ANSWERS = {"yes": ConsentAnswer.ACCEPTED, "no": ConsentAnswer.REFUSED}


def record_consent(db: Session, desk: Desk, contact: Contact, draft: str, answer: str) -> None:
    """Record what a form's question of consent was answered: `yes` or `no`. Raises KeyError for anything else."""
    _keep(db, desk, contact, CONSENT_ANSWERS[answer], draft=draft)


def attach_consent(db: Session, contact: Contact, row: Registration, draft: str) -> None:
    """Attach the consent given in a form to the file that came of it."""
    own = sa.update(Consent).where(Consent.contact_id == contact.id, Consent.draft == draft, Consent.file_id.is_(None))
    db.execute(own.values(file_id=row.id).execution_options(synchronize_session=False))


def restore_consent(db: Session, desk: Desk, contact: Contact, file_id: uuid.UUID, version: str) -> None:
    """Record that a consent withdrawn holds again, in the words agreed to then."""
    _keep(db, desk, contact, ConsentAnswer.KEPT, file_id=file_id, version=version)


def has_consented(db: Session, contact: Contact, draft: str) -> bool:
    """Return whether today's words were agreed to in a form."""
    said = sa.select(Consent.answer).where(
        Consent.contact_id == contact.id, Consent.draft == draft, Consent.text_version == CONSENT_VERSION
    )
    return db.scalars(said.order_by(Consent.id.desc()).limit(1)).one_or_none() == ConsentAnswer.ACCEPTED


def withdraw_consent(db: Session, desk: Desk, contact: Contact, file_id: uuid.UUID | None) -> None:
    """Record that she takes her consent back, for a file or for all."""
    _keep(db, desk, contact, ConsentAnswer.WITHDRAWN, file_id=file_id)


def _keep(
    db: Session,
    desk: Desk,
    contact: Contact,
    answer: str,
    draft: str | None = None,
    file_id: uuid.UUID | None = None,
    version: str = CONSENT_VERSION,
) -> None:
    db.add(
        Consent(
            contact_id=contact.id,
            file_id=file_id,
            draft=draft,
            answer=answer,
            text_version=version,
            language=contact.language or "ar",
            channel=contact.channel or "",
            at=desk.clock.now(),
        )
    )
