"""The words of a message, made when it leaves; and the template that says the same out of the window."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conversations import acts
from conversations.sessions.flow import blanks, particulars
from conversations.values import Blank, Card, Data, Lines, Media, Named, Offer, Reply, Say, Spoken
from models.attachment import Attachment
from models.broadcast import UNDONE, Broadcast
from models.contact import Contact
from models.delivery import Delivery, of_broadcast, unseal_message
from models.session import CANCELLED, Attendance, AwarenessSession
from services.blanks import filled
from services.calendar import next_nearby, seen
from services.desk import Desk
from services.messages import unpack
from services.sending import Template

# The template of a notice, by what it is about.
NOTICES = {
    "answer": "answer", "request": "staff", "broadcast": "staff", "sending": "staff", "approval": "staff",
    "staff": "staff", "nudge": "nudge", "flag": "staff", "cin": "file", "erased": "file", "place": "answer",
}  # fmt: skip
ANSWERED = ("yes", "no", "next")
# Both reminders say the same; so do a change of date and one of place.
FAMILY = {
    "evening": "remind", "morning": "remind", "placed": "moved", "correction": "broadcast",
    "missed": "announce",
}  # fmt: skip
ANSWERS = {
    "announce": ANSWERED, "moved": ANSWERED, "placed": ANSWERED, "missed": ("yes",), "evening": ("no",),
    "morning": ("no",),
}  # fmt: skip
AWAITED = ("announce", "missed")  # what may be called an advertisement: its stop stands on a button


class Undone(Exception):
    """The message has nothing to say any more: undone, or its meeting was called off."""


@dataclass(frozen=True, slots=True)
class Made:
    """A message ready to leave: its words; the template that says the same; the earlier message whose words
    it replaces, by the provider's id, where a channel can do that."""

    spoken: Spoken
    template: Template | None = None
    edits: str | None = None


def rendered(db: Session, desk: Desk, row: Delivery, contact: Contact) -> Made:
    """What a message says today. Undone; SealBroken, ValueError, KeyError, TypeError: unreadable."""
    if row.broadcast_id is None:
        spoken = unpack(unseal_message(desk.sealer, row))
        head, _, _ = (row.about or "").partition(":")
        return Made(spoken, _template(desk, NOTICES.get(head, ""), contact, (spoken.text,)))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == UNDONE:
        raise Undone("undone")
    if broadcast.session_id is None:
        return _text(db, desk, broadcast, contact)
    meeting = db.get_one(AwarenessSession, broadcast.session_id)
    if meeting.state == CANCELLED and broadcast.kind != "cancelled":
        raise Undone("the session is cancelled")
    return _date(db, desk, broadcast, meeting, contact)


# -- a clerk's own words ----------------------------------------------------------------------------


def _text(db: Session, desk: Desk, broadcast: Broadcast, contact: Contact) -> Made:
    language = contact.language or "ar"
    words = filled(db, desk, contact, _texts(broadcast)[language], language)
    if words is None:
        raise Undone("blank")
    reply = shown(db, desk, broadcast, contact, language)
    spoken = desk.speech.speak((reply,), contact.language, "0")
    return Made(spoken, _template(desk, "broadcast", contact, (words,)), _replaces(db, broadcast, contact))


def _texts(broadcast: Broadcast) -> Mapping[str, str]:
    return broadcast.texts or {}


def shown(db: Session, desk: Desk, row: Broadcast, contact: Contact, language: str) -> Reply:
    """A message in a language as this contact gets it; what cannot be filled for her stays as it is typed."""
    text = _texts(row)[language]
    words = filled(db, desk, contact, text, language) or _unfilled(desk, text, language)
    both: dict[str, Blank] = {"text": Named.same(words)}
    head = "told.correction" if row.original_id is not None else "told.broadcast"
    offers = (acts.offer("quit", "news", row.id),) if row.id else ()
    return Reply((Say(head, both), Say("told.stop")), offers, _beside(db, row), numbered=False)


def _unfilled(desk: Desk, text: str, language: str) -> str:
    for blank in ("name", "commune", "session"):
        text = text.replace(f"{{{blank}}}", f"[{desk.speech.say(Say(f'blank.{blank}'), language)}]")
    return text


def _beside(db: Session, row: Broadcast) -> tuple[Media | Card | Data, ...]:
    if row.attachment_id is None:
        return ()
    kept = db.get_one(Attachment, row.attachment_id)
    return (Media(kept.kind, str(kept.id)),)


def _replaces(db: Session, row: Broadcast, contact: Contact) -> str | None:
    """The provider's id of the message that a correction is about, as this contact has it."""
    if row.original_id is None:
        return None
    first = of_broadcast(db, row.original_id, contact.id)
    if first is None or first.channel != contact.channel:
        return None
    return first.provider_id


# -- a meeting's date --------------------------------------------------------------------------------


def _date(
    db: Session, desk: Desk, broadcast: Broadcast, row: AwarenessSession, contact: Contact
) -> Made:  # fmt: skip
    says, about = _about(db, desk, broadcast, row, contact)
    says.append(Say("told.number", {"number": Named.same(str(broadcast.id))}))
    offers: list[Offer] = [
        acts.offer("attend", option, about.id) for option in ANSWERS.get(broadcast.kind, ())
    ]
    if broadcast.kind == "thanks":
        offers = [acts.offer("rate", star, row.id) for star in acts.STARS]
        says.append(Say("told.rate"))
    elif len(offers) > 1:  # the question stands over its answers
        says.append(Say("told.come"))
    if broadcast.kind in AWAITED:
        offers.append(acts.offer("quit", "sessions", broadcast.id))
    spoken = desk.speech.speak((Reply(tuple(says), tuple(offers), numbered=False),), contact.language, "0")
    language = contact.language or "ar"
    meeting = seen(desk, about)
    when = desk.speech.say(Say("desk.when", {"when": meeting.starts}), language)
    variables = (meeting.commune.names[language], about.place[language], when, str(broadcast.id))
    return Made(spoken, _template(desk, broadcast.kind, contact, variables))


def _about(
    db: Session, desk: Desk, broadcast: Broadcast, row: AwarenessSession, contact: Contact
) -> tuple[list[Say | Lines], AwarenessSession]:
    """What is said of a meeting, and the meeting an answer is about: of who missed one, the next."""
    meeting = seen(desk, row)
    says: list[Say | Lines] = [Say(f"told.{broadcast.kind}", dict(blanks(meeting)))]
    if broadcast.kind == "missed":
        following = next_nearby(db, desk, row)
        if following is None:
            raise Undone("no meeting nearby")
        says.append(Say("told.missed.next", dict(blanks(seen(desk, following)))))
        return says, following
    if broadcast.kind == "announce":
        says += particulars(meeting)
    if broadcast.kind in ("evening", "morning"):
        mine = db.get(Attendance, (row.id, contact.id))
        if mine is not None and mine.code:
            says.append(Say("told.code", {"code": Named.same(mine.code)}))
    return says, row


def _template(desk: Desk, kind: str, contact: Contact, variables: tuple[str, ...]) -> Template | None:
    id = desk.policy.template(FAMILY.get(kind, kind), contact.language)
    # a variable of a template holds no line end
    return Template(id, tuple(" ".join(each.split()) for each in variables)) if id else None
