"""Results kept, and looked at again when a rule changes: whose would be another one."""

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
from conversations.context import Changed, World
from conversations.desk.chat import Chat
from conversations.eligibility.result import assessment, whole_dirhams
from conversations.forms.flow import locate
from conversations.values import Answers, Deed, Done, Say
from locales.speech import LANGUAGES
from models import assessment as memory
from models.assessment import Assessment
from models.contact import Contact
from models.rows import new_id
from models.sealed import UNREADABLE
from services import key_value as things
from services.context import Desk

log = logging.getLogger(__name__)

FLOW, OUTCOME = "eligibility", "result"
SHOWN = ("regime", "amount", "period", "rna", "next_steps", "ask_person")
REVIEW = "review"  # the name under which the last look at all results is kept: counts, nobody's name
Turned = tuple[str, str | None, str, str | None]


def keep(db: Session, desk: Desk, contact: Contact, chat: Chat, world: World) -> None:
    """Keep the result a form has just reached; corrected, the same form has one result still."""
    form = chat.forms[FLOW]
    answers = dict(locate(desk.flows[FLOW], form.state, world).case.answers)
    found = assessment(answers, world)
    row = memory.of_form(db, contact.id, form.draft)
    if row is None:
        before = memory.last_of(db, contact.id)
        row = Assessment(id=new_id(), contact_id=contact.id, draft=form.draft)
        row.wishes = before is not None and before.wishes
    row.made_at, row.day, row.edition = desk.clock.now(), world.today, world.facts.edition
    row.differs, row.told_on = False, None
    body = {"answers": answers, "result": plain(found), "rules": list(found.reasons)}
    row.body = memory.seal_body(desk.sealer, row.id, contact.id, orjson.dumps(body))
    db.add(row)


def follow(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """She wants to be told when her result changes."""
    row = memory.last_of(db, contact.id)
    if row is None:
        return Done((Say("desk.not_offered"),), refused=True)
    row.wishes = True
    return Done((Say("eligibility.follow"),), stays=True)


# -- looking again ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A result as she knows it, beside what the rules of a day say of the same answers."""

    row: Assessment
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def differs(self) -> bool:
        """Whether she would be told something else."""
        return any(self.before[key] != self.after[key] for key in SHOWN if key in self.before)

    @property
    def turned(self) -> Turned:
        """Regime and amount, before and after."""
        return self.before["regime"], self.before["amount"], self.after["regime"], self.after["amount"]


def reviewed(rows: Iterable[Assessment], desk: Desk, on: date) -> Iterator[Reviewed | None]:
    """Each result with what the facts at hand say of it on a day; None for one nobody can read."""
    world = replace(desk.world(), today=on)
    for row in rows:
        try:
            kept = orjson.loads(memory.unseal_body(desk.sealer, row))
            answers: Answers = kept["answers"]
            before = kept["result"]
            if row.told_on is not None:
                before = plain(assessment(answers, replace(world, today=row.told_on)))
            yield Reviewed(row, before, plain(assessment(answers, world)))
        except UNREADABLE as error:
            extra = {"assessment": str(row.id), "error": type(error).__name__}
            log.error("a result cannot be read", extra=extra)
            yield None


def changes(db: Session, desk: Desk, on: date) -> tuple[tuple[Changed, ...], int, int]:
    """What would change on a day, the most frequent first; of how many results; how many are unreadable."""
    counts: Counter[Turned] = Counter()
    looked = unread = 0
    after = UUID(int=0)
    while rows := memory.page(db, after):
        for each in reviewed(rows, desk, on):
            looked += 1
            unread += each is None
            if each is not None and each.differs:
                counts[each.turned] += 1
        after = rows[-1].id
    return _listed(counts), looked, unread


def review(db: Session, desk: Desk) -> int:
    """Look again at some results, a page a time, after the rules or the day changed: mark whose differ.

    The clock's: nothing leaves because of it.
    """
    today = desk.clock.today()
    of = f"{desk.facts.edition} {today}"
    state = _state(db)
    if state.get("of") == of and state["done"]:
        return 0
    if state.get("of") != of:
        state = {"of": of, "after": UUID(int=0).hex, "counts": [], "unread": 0, "done": False}
    counts: Counter[Turned] = Counter({tuple(turned): count for turned, count in state["counts"]})
    rows = memory.page(db, UUID(state["after"]))
    turned: dict[bool, list[Assessment]] = {True: [], False: []}
    for each in reviewed(rows, desk, today):
        if each is None:
            state["unread"] += 1
            continue
        if each.row.differs != each.differs:
            turned[each.differs].append(each.row)
        if each.differs:
            counts[each.turned] += 1
    for differs, found in turned.items():
        memory.mark(db, found, differs)
    state["counts"] = [[list(each), count] for each, count in counts.items()]
    state["after"] = rows[-1].id.hex if rows else state["after"]
    state["done"] = len(rows) < memory.PAGE
    things.keep(db, REVIEW, orjson.dumps(state).decode())
    return 0


def last_review(db: Session, desk: Desk) -> tuple[Changed, ...] | None:
    """What the last look found; None while today's is not over."""
    state = _state(db)
    if state.get("of") != f"{desk.facts.edition} {desk.clock.today()}" or not state["done"]:
        return None
    return _listed(Counter({tuple(turned): count for turned, count in state["counts"]}))


# The form's other answers: words alone, to everybody whose result changed, now.
PREPARED = {"beside": "none", "area": "changed", "whom": "everybody", "when": "now"}


def prepare(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A message to whose result changed, its words proposed: the author still reads, counts and confirms."""
    if not last_review(db, desk):
        return Done((Say("changes.listed.none"),), refused=True)
    texts = {f"text_{each}": desk.speech.say(Say("changes.message"), each) for each in LANGUAGES}
    return Done((Say("changes.prepared"),), opens=("broadcast", {**texts, **PREPARED}))


def told(db: Session, desk: Desk, contacts: Sequence[UUID]) -> None:
    """A message about it leaves to these: the next look compares with what they know now."""
    memory.told(db, contacts, desk.clock.today())
    things.forget(db, REVIEW)


def untold(db: Session, contacts: Sequence[UUID]) -> None:
    """The message to these was taken back: the next look finds them again."""
    memory.untold(db, contacts)
    things.forget(db, REVIEW)


def plain(found: amo.Assessment) -> dict[str, Any]:
    """What the person was told, as JSON values."""
    whole = asdict(found)
    return {
        **{key: whole[key] for key in SHOWN},
        "amount": None if found.amount is None else str(found.amount),
        "next_steps": list(found.next_steps),
    }


def _state(db: Session) -> dict[str, Any]:
    kept = things.kept(db, REVIEW)
    state: dict[str, Any] = {} if kept is None else orjson.loads(kept)
    return state


def _listed(counts: Counter[Turned]) -> tuple[Changed, ...]:
    return tuple(
        Changed(before, _dirhams(was), after, _dirhams(will), count)
        for (before, was, after, will), count in counts.most_common()
    )


def _dirhams(amount: str | None) -> Decimal | None:
    return None if amount is None else whole_dirhams(Decimal(amount))
