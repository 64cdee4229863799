"""A message ready to leave: its words, the template that says the same, and why it may have nothing to say."""

from dataclasses import dataclass

from conversations.values import Spoken
from models.contact import Contact
from models.delivery import Reason
from services.context import Desk
from services.outbox.sending import Template


class NothingToSay(Exception):
    """The message has nothing to say any more: undone, its session called off, no word for a placeholder."""

    def __init__(self, reason: Reason = Reason.UNDONE) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to leave: its words; the template that says the same; the earlier message whose words
    it replaces, by the provider's id, where a channel can do that.
    """

    spoken: Spoken
    template: Template | None = None
    edits: str | None = None


def words_hash(desk: Desk, made: Rendered) -> bytes:
    """Return what a message says as a keyed hash (16 bytes), by which it is known again in a provider's list."""
    said = made.spoken.text if made.template is None else "\n".join(made.template.variables)
    return desk.sealer.blind("delivery.words", single_spaced(said))[:16]


def single_spaced(words: str) -> str:
    """Return words with single spaces, as a provider may give them back."""
    return " ".join(words.split())


def template_for(desk: Desk, template: str | None, contact: Contact, variables: tuple[str, ...]) -> Template | None:
    """Return the approved template that says the same out of the window, its variables filled; None when there is
    none.
    """
    id = desk.policy.template(template, contact.language) if template is not None else None
    # a variable of a template holds no line end
    return Template(id, tuple(" ".join(each.split()) for each in variables)) if id else None
