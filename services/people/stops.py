"""Which messages a contact wants: by kind, or none at all."""

from sqlalchemy.orm import Session

from conversations.files.flow import KINDS
from conversations.values import Deed, Done, Say
from models import session
from models.contact import Contact, muted
from services.context import Desk


def mute(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """One kind less (or again, when it was off), none at all, or all of them again."""
    which = str(deed.answers.get("which"))
    if which == "all":
        contact.stopped_at = desk.clock.now()
        return Done((Say("desk.stopped"),))
    if which == "receive":
        contact.stopped_at, contact.muted = None, ""
        return Done((Say("stops.receive"),))
    if which not in KINDS:
        return Done((Say("desk.not_offered"),), refused=True)
    off = frozenset(KINDS) if contact.stopped_at else muted(contact)
    contact.stopped_at, contact.muted = None, " ".join(sorted(off ^ {which}))
    return Done((Say(f"stops.set.{which}.{'off' if which in muted(contact) else 'on'}"),))


def quit(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """The button under a message to many: no more of its kind; how to have them again is said."""
    which = str(deed.answers.get("which"))
    if which not in KINDS:
        return Done((Say("desk.stale"),), refused=True)
    if deed.answers.get("bulk") == 0:  # a clerk tries what people will find there
        return Done((Say("stops.preview"),), refused=True)
    contact.muted = " ".join(sorted(muted(contact) | {which}))
    says = [Say(f"stops.set.{which}.off"), Say("stops.again")]
    if which == "sessions" and session.comes_to_any(db, contact.id, desk.clock.now()):
        says.insert(1, Say("desk.stopped_coming"))
    return Done(tuple(says))
