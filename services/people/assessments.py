"""Assessments: results kept, and reviewed when a rule changes."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

import amo
from conversations.context import ChangedResults, TurnContext
from conversations.desk.chat import Chat
from conversations.eligibility.result import assessment, whole_dirhams
from conversations.forms.flow import locate
from conversations.values import Answers, Operation, OperationResult, Say
from locales.speech import LANGUAGES
from models import assessment as memory
from models.assessment import Assessment
from models.contact import Contact
from models.rows import new_id
from models.sealed import UNREADABLE
from services import key_value as things
from services.context import Desk

log = logging.getLogger(__name__)

ELIGIBILITY_FLOW, RESULT_OUTCOME = "eligibility", "result"
SHOWN_KEYS = ("regime", "amount", "period", "rna", "next_steps", "ask_person")
REVIEW_KEY = "review"  # the name under which the last look at all results is kept: counts, nobody's name
ResultChange = tuple[str, str | None, str, str | None]


def keep_outcome(
    db: Session, desk: Desk, contact: Contact, flow: str, outcome: str, chat: Chat, context: TurnContext
) -> None:
    """Keep the result of a form that reached an outcome, when that outcome is a result."""
    if (flow, outcome) == (ELIGIBILITY_FLOW, RESULT_OUTCOME):
        keep_result(db, desk, contact, chat, context)


def keep_result(db: Session, desk: Desk, contact: Contact, chat: Chat, context: TurnContext) -> None:
    """Keep the result a form has just reached, sealed; corrected, the same form has one result still."""
    form = chat.forms[ELIGIBILITY_FLOW]
    answers = dict(locate(desk.flows[ELIGIBILITY_FLOW], form.state, context).case.answers)
    found = assessment(answers, context)
    row = memory.result_of_form(db, contact.id, form.draft)
    if row is None:
        before = memory.last_result(db, contact.id)
        row = Assessment(id=new_id(), contact_id=contact.id, draft=form.draft)
        row.wishes = before is not None and before.wishes
    row.made_at, row.day, row.edition = desk.clock.now(), context.today, context.facts.edition
    row.differs, row.told_on = False, None
    body = {"answers": answers, "result": result_as_json(found), "rules": list(found.reasons)}
    row.body = memory.seal_result(desk.sealer, row.id, contact.id, orjson.dumps(body))
    db.add(row)


def follow_result(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Remember that she wants to be told when her result changes. Returns what she is told."""
    row = memory.last_result(db, contact.id)
    if row is None:
        return OperationResult((Say("desk.not_offered"),), refused=True)
    row.wishes = True
    return OperationResult((Say("eligibility.follow"),), stays=True)


# -- looking again ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A result as she knows it, beside what the rules of a day say of the same answers."""

    row: Assessment
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def differs(self) -> bool:
        """Return whether she would be told something else."""
        return any(self.before[key] != self.after[key] for key in SHOWN_KEYS if key in self.before)

    @property
    def turned(self) -> ResultChange:
        """Return regime and amount, before and after."""
        return self.before["regime"], self.before["amount"], self.after["regime"], self.after["amount"]


def review_results(rows: Iterable[Assessment], desk: Desk, on: date) -> Iterator[Reviewed | None]:
    """Yield each result with what the facts at hand say of it on a day; None for one nobody can read."""
    context = replace(desk.context(), today=on)
    for row in rows:
        try:
            kept = orjson.loads(memory.unseal_result(desk.sealer, row))
            answers: Answers = kept["answers"]
            before = kept["result"]
            if row.told_on is not None:
                before = result_as_json(assessment(answers, replace(context, today=row.told_on)))
            yield Reviewed(row, before, result_as_json(assessment(answers, context)))
        except UNREADABLE as error:
            extra = {"assessment": str(row.id), "error": type(error).__name__}
            log.error("a result cannot be read", extra=extra)
            yield None


def count_changes(db: Session, desk: Desk, on: date) -> tuple[tuple[ChangedResults, ...], int, int]:
    """Return what would change on a day, the most frequent first; of how many results; how many are unreadable."""
    counts: Counter[ResultChange] = Counter()
    looked = unread = 0
    after = UUID(int=0)
    while rows := memory.results_page(db, after):
        for each in review_results(rows, desk, on):
            looked += 1
            unread += each is None
            if each is not None and each.differs:
                counts[each.turned] += 1
        after = rows[-1].id
    return _listed(counts), looked, unread


def review_page(db: Session, desk: Desk) -> int:
    """Review the next page of last results after the rules or the day changed, and mark whose differ; nothing leaves
    because of it. Returns how many were looked at.
    """
    today = desk.clock.today()
    of = f"{desk.facts.edition} {today}"
    state = _state(db)
    if state.get("of") == of and state["done"]:
        return 0
    if state.get("of") != of:
        state = {"of": of, "after": UUID(int=0).hex, "counts": [], "unread": 0, "done": False}
    counts: Counter[ResultChange] = Counter({tuple(turned): count for turned, count in state["counts"]})
    rows = memory.results_page(db, UUID(state["after"]))
    turned: dict[bool, list[Assessment]] = {True: [], False: []}
    for each in review_results(rows, desk, today):
        if each is None:
            state["unread"] += 1
            continue
        if each.row.differs != each.differs:
            turned[each.differs].append(each.row)
        if each.differs:
            counts[each.turned] += 1
    for differs, found in turned.items():
        memory.mark_differing(db, found, differs)
    state["counts"] = [[list(each), count] for each, count in counts.items()]
    state["after"] = rows[-1].id.hex if rows else state["after"]
    state["done"] = len(rows) < memory.RESULTS_A_LOOK
    things.set_value(db, REVIEW_KEY, orjson.dumps(state).decode())
    return len(rows)


def last_review(db: Session, desk: Desk) -> tuple[ChangedResults, ...] | None:
    """Return what the last review found; None while today's is not over."""
    state = _state(db)
    if state.get("of") != f"{desk.facts.edition} {desk.clock.today()}" or not state["done"]:
        return None
    return _listed(Counter({tuple(turned): count for turned, count in state["counts"]}))


# The form's other answers: words alone, to everybody whose result changed, now.
PREPARED_ANSWERS = {"beside": "none", "area": "changed", "whom": "everybody", "when": "now"}


def prepare_message(db: Session, desk: Desk, contact: Contact, operation: Operation) -> OperationResult:
    """Return the broadcast form filled for those whose result changed, its words proposed: the author still reads,
    counts and confirms.
    """
    if not last_review(db, desk):
        return OperationResult((Say("changes.listed.none"),), refused=True)
    texts = {f"text_{each}": desk.speech.say(Say("changes.message"), each) for each in LANGUAGES}
    return OperationResult((Say("changes.prepared"),), opens=("broadcast", {**texts, **PREPARED_ANSWERS}))


def record_notified(db: Session, desk: Desk, contacts: Sequence[UUID]) -> None:
    """Record that a message about it leaves to these contacts: the next review compares with what they know now."""
    memory.mark_notified(db, contacts, desk.clock.today())
    things.delete_value(db, REVIEW_KEY)


def forget_notified(db: Session, contacts: Sequence[UUID]) -> None:
    """Forget that these contacts were written to, because the message was taken back: the next review finds them
    again.
    """
    memory.unmark_notified(db, contacts)
    things.delete_value(db, REVIEW_KEY)


def result_as_json(found: amo.Assessment) -> dict[str, Any]:
    """Return what the person was told, as JSON values."""
    whole = asdict(found)
    return {
        **{key: whole[key] for key in SHOWN_KEYS},
        "amount": None if found.amount is None else str(found.amount),
        "next_steps": list(found.next_steps),
    }


def _state(db: Session) -> dict[str, Any]:
    kept = things.get_value(db, REVIEW_KEY)
    state: dict[str, Any] = {} if kept is None else orjson.loads(kept)
    return state


def _listed(counts: Counter[ResultChange]) -> tuple[ChangedResults, ...]:
    return tuple(
        ChangedResults(before, _dirhams(was), after, _dirhams(will), count)
        for (before, was, after, will), count in counts.most_common()
    )


def _dirhams(amount: str | None) -> Decimal | None:
    return None if amount is None else whole_dirhams(Decimal(amount))
