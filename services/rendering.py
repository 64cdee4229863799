"""The words of a message, made when it leaves; and the template that says the same out of the window."""

from sqlalchemy.orm import Session

from conversations import acts
from conversations.sessions.flow import blanks
from conversations.values import Blank, Lines, Named, Offer, Reply, Say, Spoken
from models.broadcast import UNDONE, Broadcast
from models.contact import Contact
from models.delivery import Delivery, unseal_message
from models.session import CANCELLED, AwarenessSession
from services.calendar import seen
from services.desk import Desk
from services.messages import unpack
from services.sending import Template

# The template of a notice, by what it is about.
NOTICES = {
    "answer": "answer", "request": "staff", "broadcast": "staff", "staff": "staff", "nudge": "nudge",
    "flag": "staff",    "cin": "file", "erased": "file",
}  # fmt: skip
BOTH = ("yes", "no")
# Both reminders say the same; so do a change of date and one of place.
FAMILY = {"evening": "remind", "morning": "remind", "placed": "moved"}
ANSWERS = {"announce": BOTH, "moved": BOTH, "placed": BOTH, "evening": ("no",), "morning": ("no",)}


class Undone(Exception):
    """The message has nothing to say any more: undone, or its meeting was called off."""


def rendered(db: Session, desk: Desk, row: Delivery, contact: Contact) -> tuple[Spoken, Template | None]:
    """What a message says today. Undone; SealBroken, ValueError, KeyError, TypeError: unreadable."""
    if row.broadcast_id is None:
        spoken = unpack(unseal_message(desk.sealer, row))
        head, _, _ = (row.about or "").partition(":")
        return spoken, _template(desk, NOTICES.get(head, ""), contact, (spoken.text,))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == UNDONE:
        raise Undone("undone")
    if broadcast.session_id is None:
        return _text(desk, broadcast, contact)
    meeting = db.get_one(AwarenessSession, broadcast.session_id)
    if meeting.state == CANCELLED and broadcast.kind != "cancelled":
        raise Undone("the session is cancelled")
    return _date(desk, broadcast, meeting, contact)


def _text(desk: Desk, broadcast: Broadcast, contact: Contact) -> tuple[Spoken, Template | None]:
    texts = broadcast.texts or {}
    says = (Say("told.broadcast", {"text": Named(texts)}), Say("told.stop"))
    spoken = desk.speech.speak((Reply(says),), contact.language, "0")
    return spoken, _template(desk, "broadcast", contact, (texts[contact.language or "ar"],))


def _date(
    desk: Desk, broadcast: Broadcast, row: AwarenessSession, contact: Contact
) -> tuple[Spoken, Template | None]:
    meeting = seen(desk, row)
    told: dict[str, Blank] = blanks(meeting)
    says: list[Say | Lines] = [Say(f"told.{broadcast.kind}", told)]
    if broadcast.kind == "announce" and meeting.about is not None:
        says.append(Say("sessions.meeting.about", {"about": meeting.about}))
    says.append(Say("told.number", {"number": Named.same(str(broadcast.id))}))
    offers: tuple[Offer, ...] = tuple(
        acts.offer("attend", option, row.id) for option in ANSWERS.get(broadcast.kind, ())
    )
    if len(offers) == 2:  # the question stands over its answers
        says.append(Say("told.come"))
    spoken = desk.speech.speak((Reply(tuple(says), offers, numbered=False),), contact.language, "0")
    language = contact.language or "ar"
    when = desk.speech.say(Say("desk.when", {"when": meeting.starts}), language)
    variables = (meeting.commune.names[language], row.place[language], when, str(broadcast.id))
    return spoken, _template(desk, broadcast.kind, contact, variables)


def _template(desk: Desk, kind: str, contact: Contact, variables: tuple[str, ...]) -> Template | None:
    id = desk.policy.template(FAMILY.get(kind, kind), contact.language)
    # a variable of a template holds no line end
    return Template(id, tuple(" ".join(each.split()) for each in variables)) if id else None
