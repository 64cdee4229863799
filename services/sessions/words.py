"""What a broadcast of a session says to one person, made when it leaves from the session as it stands then."""

from sqlalchemy.orm import Session

from conversations.desk import actions
from conversations.sessions.flow import particulars, session_placeholders
from conversations.values import Lines, Named, Offer, Reply, Say
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Reason
from models.session import Attendance, AttendanceAnswer, AwarenessSession
from services.context import Desk
from services.outbox.made import NothingToSay, Rendered, template_for
from services.outbox.notice_kinds import SessionNotice
from services.sessions.sources import next_nearby, session_view


def session_words(
    db: Session, desk: Desk, broadcast: Broadcast, notice: SessionNotice, row: AwarenessSession, contact: Contact
) -> Rendered:
    """Return what a session's broadcast says to one person. Raises NothingToSay when nothing is left to say."""
    says, about = _about(db, desk, broadcast.kind, notice, row, contact)
    options = notice.answers
    if notice.kept and _comes(db, row, contact):
        says.append(Say("told.kept"))
        options = ("no",)
    says.append(Say("told.number", {"number": Named.same(str(broadcast.id))}))
    offers: list[Offer] = [actions.action_button("attend", option, about.id) for option in options]
    if notice.rates:
        offers = [actions.action_button("rate", star, row.id) for star in actions.STARS]
        says.append(Say("told.rate"))
    elif len(offers) > 1:  # the question stands over its answers
        says.append(Say("told.come"))
    if notice.advertises:
        offers.append(actions.action_button("quit", "sessions", broadcast.id))
    spoken = desk.speech.speak((Reply(tuple(says), tuple(offers), numbered=False),), contact.language, "0")
    language = contact.language or "ar"
    meeting = session_view(desk, about)
    when = desk.speech.say(Say("desk.when", {"when": meeting.starts}), language)
    variables = (meeting.commune.names[language], about.place[language], when, str(broadcast.id))
    return Rendered(spoken, template_for(desk, notice.template, contact, variables))


def _comes(db: Session, row: AwarenessSession, contact: Contact) -> bool:
    mine = db.get(Attendance, (row.id, contact.id))
    return mine is not None and mine.answer == AttendanceAnswer.COMES


def _about(
    db: Session, desk: Desk, kind: str, notice: SessionNotice, row: AwarenessSession, contact: Contact
) -> tuple[list[Say | Lines], AwarenessSession]:
    """What is said of a session, and the session an answer is about: of who missed one, the next."""
    meeting = session_view(desk, row)
    says: list[Say | Lines] = [Say(f"told.{kind}", dict(session_placeholders(meeting)))]
    if notice.of_next:
        following = next_nearby(db, desk, row)
        if following is None:
            raise NothingToSay(Reason.BLANK)
        says.append(Say(f"told.{kind}.next", dict(session_placeholders(session_view(desk, following)))))
        return says, following
    if notice.particulars:
        says += particulars(meeting)
    if notice.shows_code:
        mine = db.get(Attendance, (row.id, contact.id))
        if mine is not None and mine.code:
            says.append(Say("told.code", {"code": Named.same(mine.code)}))
    return says, row
