"""Which messages a contact wants: by kind, or none at all. It is written here, and obeyed where deliveries are taken
to leave (services/delivery/outbox.py) and where an audience is frozen (services/broadcasts/audience.py).
"""

from sqlalchemy.orm import Session

from conversations.files.flow import MUTABLE_KINDS
from conversations.values import Operation, OperationResult, Say
from models import session
from models.contact import Contact, muted_kinds
from services.context import Desk


def mute_kind(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Stop one kind of message (or start it again, when it was off), all, or none. Returns how it stands."""
    which = str(operation.answers.get("which"))
    if which == "all":
        contact.stopped_at = desk.clock.now()
        return OperationResult((Say("desk.stopped"),))
    if which == "receive":
        contact.stopped_at, contact.muted = None, ""
        return OperationResult((Say("stops.receive"),))
    if which not in MUTABLE_KINDS:
        return OperationResult((Say("desk.not_offered"),), refused=True)
    off = frozenset(MUTABLE_KINDS) if contact.stopped_at else muted_kinds(contact)
    contact.stopped_at, contact.muted = None, " ".join(sorted(off ^ {which}))
    return OperationResult((Say(f"stops.set.{which}.{'off' if which in muted_kinds(contact) else 'on'}"),))


def quit_kind(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Stop the kind of message whose button was pressed. Returns how to have them again."""
    which = str(operation.answers.get("which"))
    if which not in MUTABLE_KINDS:
        return OperationResult((Say("desk.stale"),), refused=True)
    if operation.answers.get("bulk") == 0:  # a clerk tries what people will find there
        return OperationResult((Say("stops.preview"),), refused=True)
    contact.muted = " ".join(sorted(muted_kinds(contact) | {which}))
    says = [Say(f"stops.set.{which}.off"), Say("stops.again")]
    if which == "sessions" and session.comes_to_any(db, contact.id, desk.clock.now()):
        says.insert(1, Say("desk.stopped_coming"))
    return OperationResult(tuple(says))


def receive_again(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Bring back every kind of message that was stopped. Returns which."""
    back = frozenset(MUTABLE_KINDS) if contact.stopped_at else muted_kinds(contact)
    contact.stopped_at, contact.muted = None, ""
    if back >= frozenset(MUTABLE_KINDS):
        return OperationResult((Say("stops.receive"),))
    return OperationResult(tuple(Say(f"stops.set.{kind}.on") for kind in MUTABLE_KINDS if kind in back))


def stop_all(desk: Desk, contact: Contact) -> None:
    """Remember that a contact wants no message nobody asked for."""
    contact.stopped_at = desk.clock.now()
