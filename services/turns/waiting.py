"""Who has a message stored and not yet answered."""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from models.inbound import waiting_contacts
from services.context import Desk


def contacts_waiting(db: Session, desk: Desk, age: timedelta) -> list[uuid.UUID]:
    """Return the contacts whose message has waited at least this long."""
    return waiting_contacts(db, desk.clock.now() - age)
