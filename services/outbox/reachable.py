"""Whether what is enqueued for somebody leaves: out of the window of a channel only as a template."""

from models.contact import Contact
from services.context import Desk


def is_window_open(desk: Desk, contact: Contact) -> bool:
    """Return whether free words may be sent to a contact now."""
    if desk.traits(contact.channel).window is None:
        return True
    return contact.window_until is not None and desk.clock.now() < contact.window_until


def can_be_told(desk: Desk, contact: Contact, template: str) -> bool:
    """Return whether a notice of a kind reaches a contact now: by free words, or by an approved template."""
    if contact.channel is None or contact.unreachable_at is not None:
        return False
    return is_window_open(desk, contact) or desk.policy.template(template, contact.language) is not None
