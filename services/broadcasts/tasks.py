"""What waits today for somebody of the chamber, counted for her menu."""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.roles import Role, may
from models import person_request, staff, unanswered
from models.contact import Contact
from models.registration import Registration
from services.broadcasts.approval import waiting_for
from services.context import Desk

NEW_FOR = timedelta(days=1)


def tasks_of(db: Session, desk: Desk, contact: Contact) -> Mapping[str, int]:
    """Return how much waits for somebody, by kind, as far as her roles reach."""
    roles = staff.roles_of(db, contact.id)
    found: dict[str, int] = {}
    if may(roles, Role.AGENT):
        open_now = person_request.RequestState.OPEN
        found["requests"] = person_request.count_requests(db).get(open_now, 0)
        fresh = Registration.created_at > desk.clock.now() - NEW_FOR
        found["files"] = db.scalar(sa.select(sa.func.count()).select_from(Registration).where(fresh)) or 0
    if may(roles, Role.APPROVER):
        found["approvals"] = len(waiting_for(db, desk, contact))
    if may(roles, Role.BROADCASTER):
        found["questions"] = unanswered.count_questions(db).get(unanswered.UnansweredState.WAITING, 0)
    return found
