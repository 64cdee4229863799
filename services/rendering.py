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
from models.delivery import Delivery, Reason, of_broadcast, unseal_message
from models.session import CANCELLED, COMES, Attendance, AwarenessSession
from services.blanks import filled, sample
from services.calendar import next_nearby, seen
from services.desk import Desk
from services.messages import unpack
from services.sending import Template

# The template of a notice, by what it is about.
NOTICES = {
    "answer": "answer", "request": "staff", "broadcast": "staff", "sending": "staff", "approval": "staff",
    "staff": "staff", "nudge": "nudge", "session": "answer",
    "flag": "staff", "cin": "file", "erased": "file", "place": "answer",
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
# What is true of the meeting as it stood then, and no more once it has changed; what has no sense afterwards.
OF_AN_EDITION = ("evening", "morning", "moved", "placed")
BEFORE_IT = ("announce", *OF_AN_EDITION)
AWAITED = ("announce", "missed")  # what may be called an advertisement: its stop stands on a button


class Undone(Exception):
    """The message has nothing to say any more: undone, its meeting called off, no word for a placeholder."""

    def __init__(self, reason: Reason = Reason.UNDONE) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Made:
    """A message ready to leave: its words; the template that says the same; the earlier message whose words
    it replaces, by the provider's id, where a channel can do that."""

    spoken: Spoken
    template: Template | None = None
    edits: str | None = None


def known_by(desk: Desk, made: Made) -> bytes:
    """What a message says, as a keyed hash: it is known again by it when a provider's list is asked."""
    said = made.spoken.text if made.template is None else "\n".join(made.template.variables)
    return desk.sealer.blind("delivery.words", plain(said))[:16]


def plain(words: str) -> str:
    """Words without their spacing, as a provider may give them back."""
    return " ".join(words.split())


def rendered(db: Session, desk: Desk, row: Delivery, contact: Contact) -> Made:
    """What a message says today. Undone; SealBroken, ValueError, KeyError, TypeError: unreadable."""
    if row.broadcast_id is None:
        spoken = unpack(unseal_message(desk.sealer, row))
        head, _, _ = (row.about or "").partition(":")
        return Made(spoken, _template(desk, NOTICES.get(head, ""), contact, (spoken.text,)))
    broadcast = db.get_one(Broadcast, row.broadcast_id)
    if broadcast.state == UNDONE:
        raise Undone
    if broadcast.session_id is None:
        return _text(db, desk, broadcast, contact)
    meeting = broadcast.meeting
    if meeting is None:
        raise Undone
    if meeting.state == CANCELLED and broadcast.kind != "cancelled":
        raise Undone
    if broadcast.kind in OF_AN_EDITION and broadcast.edition != meeting.edition:
        raise Undone
    if broadcast.kind in BEFORE_IT and meeting.starts_at <= desk.clock.now():
        raise Undone
    return _date(db, desk, broadcast, meeting, contact)


# -- a clerk's own words ----------------------------------------------------------------------------


def _text(db: Session, desk: Desk, broadcast: Broadcast, contact: Contact) -> Made:
    language = contact.language or "ar"
    words = filled(db, desk, contact, _texts(broadcast)[language], language)
    if words is None:
        raise Undone(Reason.BLANK)
    reply = _said(db, broadcast, words, broadcast.id)
    spoken = desk.speech.speak((reply,), contact.language, "0")
    return Made(spoken, _template(desk, "broadcast", contact, (words,)), _replaces(db, broadcast, contact))


def _texts(broadcast: Broadcast) -> Mapping[str, str]:
    return broadcast.texts or {}


def preview(db: Session, desk: Desk, row: Broadcast, language: str) -> Reply:
    """A message as people will get it, its blanks filled by examples; its button stops nobody's messages."""
    words = sample(desk, row.audience or {}, _texts(row)[language], language)
    return _said(db, row, words, about=0)


def _said(db: Session, row: Broadcast, words: str, about: int) -> Reply:
    both: dict[str, Blank] = {"text": Named.same(words)}
    head = "told.correction" if row.original_id is not None else "told.broadcast"
    offers = (acts.offer("quit", "news", about),)
    return Reply((Say(head, both), Say("told.stop")), offers, _beside(db, row), numbered=False)


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
    options = ANSWERS.get(broadcast.kind, ())
    if broadcast.kind in ("moved", "placed") and _comes(db, row, contact):
        says.append(Say("told.kept"))
        options = ("no",)
    says.append(Say("told.number", {"number": Named.same(str(broadcast.id))}))
    offers: list[Offer] = [acts.offer("attend", option, about.id) for option in options]
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


def _comes(db: Session, row: AwarenessSession, contact: Contact) -> bool:
    mine = db.get(Attendance, (row.id, contact.id))
    return mine is not None and mine.answer == COMES


def _about(
    db: Session, desk: Desk, broadcast: Broadcast, row: AwarenessSession, contact: Contact
) -> tuple[list[Say | Lines], AwarenessSession]:
    """What is said of a meeting, and the meeting an answer is about: of who missed one, the next."""
    meeting = seen(desk, row)
    says: list[Say | Lines] = [Say(f"told.{broadcast.kind}", dict(blanks(meeting)))]
    if broadcast.kind == "missed":
        following = next_nearby(db, desk, row)
        if following is None:
            raise Undone(Reason.BLANK)
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
