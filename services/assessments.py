"""Results kept, and looked at again when a rule changes: whose would be another one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.orm import Session

import amo
from conversations.chat import Chat
from conversations.eligibility.result import assessment, whole_dirhams
from conversations.flow import locate
from conversations.values import Deed, Done, Say
from conversations.world import Changed, World
from locales.speech import LANGUAGES
from models import assessment as memory
from models.assessment import Assessment
from models.contact import Contact
from models.rows import new_id
from services.desk import Desk

FLOW, OUTCOME = "eligibility", "result"
SHOWN = ("regime", "amount", "period", "rna", "next_steps", "ask_person")


def keep(db: Session, desk: Desk, contact: Contact, chat: Chat, world: World) -> None:
    """Keep the result a form has just reached; corrected, the same form has one result still."""
    form = chat.forms[FLOW]
    answers = dict(locate(desk.flows[FLOW], form.state, world).case.answers)
    found = assessment(answers, world)
    row = memory.of_form(db, contact.id, form.draft) or Assessment(
        id=new_id(), contact_id=contact.id, draft=form.draft
    )
    row.made_at, row.day, row.edition = desk.clock.now(), world.today, world.facts.edition
    row.regime, row.rules, row.differs = found.regime, list(found.reasons), False
    body = orjson.dumps({"answers": answers, "result": _plain(found)})
    row.body = memory.seal_body(desk.sealer, row.id, body)
    db.add(row)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A result beside what the rules of a day say of the same answers."""

    row: Assessment
    before: dict[str, Any]
    after: amo.Assessment

    @property
    def differs(self) -> bool:
        """Whether the person would be told something else."""
        return self.before != _plain(self.after)


def reviewed(db: Session, desk: Desk, on: date | None = None) -> Iterator[Reviewed]:
    """The last result of each contact, with what the facts at hand say of it on a day (today unless told).

    Errors: SealBroken for a row that was altered.
    """
    world = desk.world() if on is None else replace(desk.world(), today=on)
    for row in memory.latest(db):
        kept = orjson.loads(memory.unseal_body(desk.sealer, row))
        yield Reviewed(row, kept["result"], assessment(kept["answers"], world))


def changes(db: Session, desk: Desk, on: date | None = None, mark: bool = False) -> tuple[Changed, ...]:
    """How many results would change from what to what, the most frequent first.

    `mark`: remember whose, for a message to them.
    """
    found: Counter[tuple[str, str | None, str, str | None]] = Counter()
    turned: dict[bool, list[UUID]] = {True: [], False: []}
    for each in reviewed(db, desk, on):
        if each.row.differs != each.differs:
            turned[each.differs].append(each.row.id)
        if each.differs:
            after = _plain(each.after)
            found[each.before["regime"], each.before["amount"], after["regime"], after["amount"]] += 1
    for differs, ids in turned.items() if mark else ():
        memory.mark(db, ids, differs)
    return tuple(
        Changed(before, _dirhams(was), after, _dirhams(will), count)
        for (before, was, after, will), count in found.most_common()
    )


def prepare(db: Session, desk: Desk, contact: Contact, deed: Deed) -> Done:
    """A message to whose result changed, its words proposed: the author still reads, counts and confirms."""
    if not changes(db, desk, mark=True):
        return Done((Say("changes.listed.none"),), refused=True)
    texts = {f"text_{each}": desk.speech.say(Say("changes.message"), each) for each in LANGUAGES}
    return Done((Say("changes.prepared"),), opens=("broadcast", {**texts, "area": "changed"}))


def _plain(found: amo.Assessment) -> dict[str, Any]:
    """What the person was told, as JSON values."""
    told = asdict(found)
    return {
        **{key: told[key] for key in SHOWN},
        "amount": None if found.amount is None else str(found.amount),
        "next_steps": list(found.next_steps),
    }


def _dirhams(amount: str | None) -> Decimal | None:
    return None if amount is None else whole_dirhams(Decimal(amount))
