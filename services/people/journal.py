"""The journal of what the chamber's people do: written with each act, shown to admins, its head told on Mondays."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from conversations.roles import Role
from conversations.values import Lines, Named, Operation, OperationResult, Reply, Say, Subject, SubjectKind
from models import journal as memory
from models import staff
from models.contact import Contact
from models.person_request import RequestState, count_requests
from services.context import Desk
from services.key_value import get_value, set_value
from services.outbox.messages import enqueue_notice

SHOWN_ENTRIES = 15
HEAD_KEY, MONDAY_KEY = "journal_head", "monday_told"
# What an operation is about, by the answer that holds its id; the first that is there.
SUBJECTS = {
    "approval": SubjectKind.BROADCAST,
    "broadcast": SubjectKind.BROADCAST,
    "session": SubjectKind.SESSION,
    "request": SubjectKind.REQUEST,
    "attachment": SubjectKind.ATTACHMENT,
    "staff": SubjectKind.STAFF,
    "member": SubjectKind.STAFF,
    "unanswered": SubjectKind.UNANSWERED,
    "question": SubjectKind.UNANSWERED,
    "held": SubjectKind.HELD,
}


def record_act(db: Session, desk: Desk, actor: int | None, act: str, subject: Subject | None) -> None:
    """Write an act down. `actor`: the number of a colleague; None for the server, or the desk itself."""
    memory.append_entry(db, desk.sealer, desk.clock.now(), actor or memory.NOBODY, act, subject)


def record_operation(db: Session, desk: Desk, actor: int, operation: Operation, result: OperationResult) -> None:
    """Write down an operation that was done: its name, and the id of what it was about."""
    record_act(db, desk, actor, operation.name, result.on or subject_of_operation(operation))


def subject_of_operation(operation: Operation) -> Subject | None:
    """Return what an operation is about; None when none of its answers is an id."""
    for name, kind in SUBJECTS.items():
        if name in operation.answers:
            id = memory.subject_id(operation.answers[name])
            return None if id is None else kind.of(id)
    return None


def entry_in_words(desk: Desk, entry: memory.JournalEntry, who: Named, names: Mapping[int, Named]) -> Say:
    """Return an act as a line: its number, when, who, what, on what. `names`: of colleagues, by their number."""
    subject = Subject.parse(entry.subject)
    about: Say | Named = Say("journal.on.nothing")
    if subject is not None and subject.kind == SubjectKind.STAFF and subject.number in names:
        about = names[subject.number or 0]
    elif subject is not None:
        about = Say(f"journal.on.{subject.kind}", {"id": Named.same(str(subject.id))})
    return Say(
        "journal.line",
        {
            "number": Named.same(str(entry.number)),
            "at": Named.same(f"{desk.clock.wall(entry.at):%d/%m %H:%M}"),
            "who": who,
            "what": Say(f"journal.act.{entry.act}"),
            "on": about,
        },
    )


def tell_monday(db: Session, desk: Desk) -> int:
    """Tell the admins on Monday morning how many requests wait, and the head of the journal; before, look whether the
    head told last is still there. Returns how many were told.
    """
    wall = desk.clock.wall()
    week, last = f"{wall:%G-%V}", get_value(db, MONDAY_KEY)
    if last is None:  # a new desk: there is no week behind it
        set_value(db, MONDAY_KEY, week)
    if last in (None, week) or wall.isoweekday() != 1 or desk.policy.is_quiet(wall):
        return 0
    set_value(db, MONDAY_KEY, week)
    head, told = memory.journal_head(db), get_value(db, HEAD_KEY)
    says: list[Say] = [Say("monday.head", {"day": wall.date()})]
    says.append(Say("monday.requests", {"number": Named.same(str(count_requests(db).get(RequestState.OPEN, 0)))}))
    cut = told is not None and not memory.stands(db, told)
    if cut or memory.first_broken(db, desk.sealer) is not None:
        says.append(Say("monday.broken"))
    elif head is not None:
        set_value(db, HEAD_KEY, head)
        says.append(Say("monday.journal", {"head": Named.same(head)}))
    admins = staff.staff_with(db, Role.ADMIN)
    for admin in admins:
        enqueue_notice(db, desk, admin, Reply((Lines(tuple(says), flat=True),)), about=SubjectKind.STAFF.of())
    return len(admins)


def last_told_head(db: Session) -> str | None:
    """Return the head that was told last; None before the first Monday."""
    return get_value(db, HEAD_KEY)


def since_in_words(desk: Desk, at: datetime) -> Named:
    """Return a day as it stands in a list."""
    return Named.same(f"{desk.clock.wall(at):%d/%m/%Y}")


def actor_of(db: Session, contact: Contact) -> int:
    """Return the number of a contact among the chamber's people, as it stands in the journal."""
    row = staff.staff_of(db, contact.id)
    return memory.NOBODY if row is None else row.id
