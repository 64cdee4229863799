"""Unanswered questions: kept without names, labelled by a clerk, or answered in words an admin agrees to."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from conversations.context import Topics
from conversations.desk import actions
from conversations.language.understand import fold
from conversations.roles import Role
from conversations.staff.unanswered import LONGEST_ANSWER, WRITE
from conversations.values import Answers, Named, Operation, OperationResult, Reply, Say, SubjectKind
from models import staff
from models import unanswered as memory
from models.contact import Contact
from models.rows import new_id
from models.sealed import UNREADABLE
from models.unanswered import Unanswered, UnansweredState
from services.context import Desk
from services.key_value import get_value, set_value
from services.outbox.messages import enqueue_notice

LONGEST_QUESTION = 200
MOST_WAITING = 500  # what nobody looks at is not kept without end
SHOWN = 6
TOLD = "unanswered_told"  # the last day on which the clerks heard of them
LONG_NUMBERS = re.compile(r"\d[\d .-]{2,}\d")  # a telephone, a card, an amount: nothing that tells who asked
HIDDEN = "•••"
GONE = OperationResult((Say("desk.done_already"),), refused=True)


def keep_question(db: Session, desk: Desk, contact: Contact, words: str) -> None:
    """Keep a question that had no answer, without who asked it and without its numbers; once, however often asked."""
    words = LONG_NUMBERS.sub(HIDDEN, words[:LONGEST_QUESTION]).strip()
    folded = fold(words)
    if not folded:
        return
    row = memory.question_by_key(db, memory.blind_question(desk.sealer, folded))
    if row is not None:
        row.times += 1
        return
    if memory.count_questions(db).get(UnansweredState.WAITING, 0) >= MOST_WAITING:
        return
    id = new_id()
    db.add(
        Unanswered(
            id=id,
            number=memory.next_question_number(db),
            key=memory.blind_question(desk.sealer, folded),
            words=memory.seal_question(desk.sealer, "words", id, words),
            language=contact.language or "ar",
            times=1,
            created_at=desk.clock.now(),
        )
    )


def tell_of_unanswered(db: Session, desk: Desk) -> int:
    """Tell the clerks once a day, and not at night, how many questions wait. Returns how many clerks were told."""
    waiting = memory.count_questions(db).get(UnansweredState.WAITING, 0)
    today = desk.clock.today().isoformat()
    if not waiting or desk.policy.is_quiet(desk.clock.wall()) or get_value(db, TOLD) == today:
        return 0
    set_value(db, TOLD, today)
    clerks = staff.staff_with(db, Role.BROADCASTER) or staff.staff_with(db, Role.ADMIN)
    says = Say("unanswered.waiting", {"number": Named.same(str(waiting))}, count=waiting)
    for clerk in clerks:
        enqueue_notice(db, desk, clerk, Reply((says,)))
    return len(clerks)


def answer_of(db: Session, desk: Desk, words: str) -> str | None:
    """Return the answer an admin agreed to for these very words; None when there is none."""
    row = _asked_before(db, desk, words)
    if row is None or row.state != UnansweredState.ANSWERED:
        return None
    try:
        return memory.unseal_answer(desk.sealer, row)
    except UNREADABLE:
        return None


def _asked_before(db: Session, desk: Desk, words: str) -> Unanswered | None:
    folded = fold(LONG_NUMBERS.sub(HIDDEN, words[:LONGEST_QUESTION]).strip())
    return memory.question_by_key(db, memory.blind_question(desk.sealer, folded)) if folded else None


@dataclass(frozen=True)
class LabelledTopics:
    """The questions people ask. Words they do not know are the question a clerk said they are."""

    topics: Topics
    db: Session
    desk: Desk

    @property
    def ids(self) -> tuple[str, ...]:
        """Return every topic, in the order of the menu."""
        return self.topics.ids

    def rank(self, words: str) -> tuple[tuple[str, ...], bool]:
        """Return what words may mean, best first, and whether the first is sure."""
        found, sure = self.topics.rank(words)
        if found:
            return found, sure
        row = _asked_before(self.db, self.desk, words)
        if row is None or row.state != UnansweredState.LABELLED or row.label not in self.ids:
            return (), False
        return (row.label,), True

    def guard(self, words: str) -> str | None:
        """Return what goes before any question; None for none."""
        return self.topics.guard(words)

    def stops(self, words: str) -> bool:
        """Return whether words are a wish for no more messages."""
        return self.topics.stops(words)


def label_question(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Say which question it is, or propose an answer, of which the admins hear. Returns what the clerk is told."""
    row = memory.question_by_number(db, int(str(operation.answers["question"])))
    if row is None or row.state != UnansweredState.WAITING:
        return GONE
    label = str(operation.answers["label"])
    if label != WRITE:
        row.state, row.label = UnansweredState.LABELLED, label
        return OperationResult((Say("unanswered.labelled"),))
    text = str(operation.answers.get("text", ""))[:LONGEST_ANSWER]
    row.state, row.author_id = UnansweredState.PROPOSED, contact.id
    row.answer = memory.seal_question(desk.sealer, "answer", row.id, text)
    says = Say("unanswered.proposes", {"question": Named.same(_words(desk, row)), "answer": Named.same(text)})
    offers = tuple(actions.action_button("accept", option, row.number) for option in ("yes", "no"))
    for admin in staff.staff_with(db, Role.ADMIN):
        about = SubjectKind.UNANSWERED.of(row.number)
        enqueue_notice(db, desk, admin, Reply((says,), offers, numbered=False), about=about)
    return OperationResult((Say("unanswered.waits"),))


def accept_yes(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Let an answer be said to who asks the same words. Returns what the admin is told."""
    return _agreed(db, operation, UnansweredState.ANSWERED, "unanswered.agreed")


def accept_no(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Drop a proposed answer. Returns what the admin is told."""
    return _agreed(db, operation, UnansweredState.DROPPED, "unanswered.dropped")


def _agreed(db: Session, operation: Operation, state: UnansweredState, told: str) -> OperationResult:
    row = memory.question_by_number(db, int(str(operation.answers["unanswered"])))
    if row is None or row.state != UnansweredState.PROPOSED:
        return GONE
    row.state = state
    return OperationResult((Say(told),))


def _words(desk: Desk, row: Unanswered) -> str:
    try:
        return memory.unseal_question(desk.sealer, row)
    except UNREADABLE:
        return HIDDEN


@dataclass(frozen=True)
class UnansweredSource:
    """The questions that wait, the most asked first, by their number."""

    db: Session
    desk: Desk

    def find(self, words: str, answers: Answers, page: int) -> tuple[list[str], bool]:
        rows = memory.waiting_questions(self.db, SHOWN * (page + 1) + 1)
        ids = [str(row.number) for row in rows]
        return ids[SHOWN * page : SHOWN * (page + 1)], len(ids) > SHOWN * (page + 1)

    def label(self, id: str) -> Named:
        row = memory.question_by_number(self.db, int(id))
        return Named.same(HIDDEN if row is None else _words(self.desk, row))

    def known(self, id: str) -> bool:
        return id.isascii() and id.isdigit() and len(id) < 9 and memory.question_by_number(self.db, int(id)) is not None

    def fits(self, id: str, answers: Answers) -> bool:
        return True

    def offers(self, id: str) -> bool:
        return self.known(id)
