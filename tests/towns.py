"""A town of contacts on a real database, with clerks, sessions and broadcasts: the scene of the tests of messages to many."""

import itertools
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Operation
from models import broadcast as memory
from models.broadcast import Broadcast
from models.contact import Address, Contact, blind_address, seal_address
from models.delivery import Delivery
from models.registration import Registration, seal_person
from models.rows import new_id
from models.session import Attendance, AwarenessSession, Subscription
from models.staff import Staff
from services.broadcasts import broadcasts
from services.broadcasts.fanout import enqueue_due_batches
from services.broadcasts.monitor import start_due_broadcasts, watch_broadcasts
from services.context import Desk, Policy
from services.delivery.outbox import SendResult, record_results, take
from services.outbox.sending import Outgoing
from services.sessions.reminders import announce_sessions, remind_sessions
from tests.desks import Hands, desk, session

TEXTS = {"text_ar": "نص قصير للصناع", "text_fr": "Un texte court"}


OTHER = {"text_ar": "نص آخر للصناع", "text_fr": "Un autre texte"}


class Town:
    """A desk on a real database, with subscribers in two provinces."""

    def __init__(self, made: sa.Engine, policy: Policy | None = None) -> None:
        self.engine, self.hands = made, Hands()
        self.desk: Desk = replace(desk(self.hands), policy=policy or Policy(undo=timedelta(0)))
        find = self.desk.sources["communes"].find
        self.communes = {p: find("", {"province": p}, 0)[0] for p in ("guelmim", "tan_tan")}
        self.ids: list[Any] = []
        self.author = self.add("telegram", None)

    def add(self, channel: str, province: str | None, commune: int = 0, reach: str = "commune") -> Any:
        with session(self.engine) as db:
            id, name = new_id(), f"{channel}:+{len(self.ids) + 1000}"
            blind, now = blind_address(self.desk.sealer, channel, name), self.hands.at
            until = now + timedelta(hours=24) if channel == "whatsapp" else None
            db.add(Contact(id=id, created_at=now, language="fr", channel=channel, address=blind, window_until=until))
            db.flush()
            sealed = seal_address(self.desk.sealer, channel, blind, name)
            db.add(Address(channel=channel, blind=blind, contact_id=id, value=sealed))
            if province:
                where = self.communes[province][commune]
                db.add(
                    Subscription(
                        contact_id=id,
                        commune=where,
                        province=province,
                        reach=reach,
                        text_version="t",
                        language="fr",
                        channel=channel,
                        since=now,
                    )
                )
        self.ids.append(id)
        return id

    def employ(self) -> None:
        """The author is one of the chamber's people."""
        with session(self.engine) as db:
            db.add(Staff(contact_id=self.author, roles="admin", state="active", since=self.hands.at))

    def does(self, act: Any, answers: dict[str, Any], who: Any = None) -> Any:
        with session(self.engine) as db:
            contact = db.get_one(Contact, who or self.author)
            return act(db, self.desk, contact, Operation("x", answers))

    def sent(self, area: dict[str, str], texts: dict[str, str] = TEXTS) -> int:
        """Freeze and send to a filter; the broadcast's number."""
        frozen = self.does(broadcasts.freeze_broadcast, {**texts, **area})
        assert frozen.opens is not None, frozen.says
        given = dict(frozen.opens[1])
        self.does(broadcasts.confirm_broadcast, {**given, "count": given["expected"]})
        return int(given["broadcast"])

    def take(self, channel: str = "telegram") -> list[Any]:
        with session(self.engine) as db:  # the author's own previews apart
            outgoings = take(db, self.desk, channel, "lane", 100)
        return [outgoing for outgoing in outgoings if outgoing.kind == "broadcast"]

    def ends(self, outgoing: Any, error: Any = None) -> None:
        with session(self.engine) as db:
            record_results(db, self.desk, "lane", [SendResult(outgoing.id, None if error else "SM1", error)])

    def states(self) -> list[str]:
        with Session(self.engine) as db:
            return sorted(db.scalars(sa.select(Delivery.state).where(Delivery.broadcast_id.is_not(None))))


NUMBERS = itertools.count(1)


def row_of(town: Town, id: int) -> Broadcast:
    with Session(town.engine) as db:
        return db.get_one(Broadcast, id)


def balance(town: Town, id: int) -> dict[str, int]:
    with Session(town.engine) as db:
        return memory.state_counts(db, db.get_one(Broadcast, id))


def looks(town: Town, *jobs: Any) -> None:
    for job in jobs or (start_due_broadcasts, watch_broadcasts, enqueue_due_batches):
        with session(town.engine) as db:
            job(db, town.desk)


def policy(town: Town, **values: Any) -> None:
    town.desk = replace(town.desk, policy=replace(town.desk.policy, **values))


def many(town: Town, count: int) -> None:
    for _ in range(count):
        town.add("telegram", "guelmim")


def files(town: Town, id: Any, name: str = "Fatima Essai", trade: str = "C076") -> None:
    with session(town.engine) as db:
        number, now = uuid.uuid4(), town.hands.at
        import orjson

        db.add(
            Registration(
                id=number,
                reference=f"{next(NUMBERS):09d}",
                contact_id=id,
                trade=trade,
                language="fr",
                person=seal_person(town.desk.sealer, number, orjson.dumps({"name": name})),
                channel="telegram",
                commune=town.communes["guelmim"][0],
                province="guelmim",
                consent_version="t",
                consent_at=now,
                created_at=now,
            )
        )


STARTS = datetime(2026, 11, 26, 10, 0)


def planned(town: Town, starts: datetime = STARTS) -> int:
    with session(town.engine) as db:
        commune = town.communes["guelmim"][0]
        row = AwarenessSession(
            commune=commune,
            province="guelmim",
            place={"ar": "قاعة", "fr": "Salle"},
            starts_at=town.desk.clock.at(starts),
            author_id=town.author,
            created_at=town.hands.at,
        )
        db.add(row)
        db.flush()
        for id in town.ids[1:]:
            db.add(Attendance(session_id=row.id, contact_id=id, answer="yes", at=town.hands.at))
        return row.id


def look(town: Town, at: str) -> list[str]:
    """What the clock puts down at a moment."""
    town.hands.at = town.desk.clock.at(datetime.fromisoformat(at))
    before = kinds(town)
    with session(town.engine) as db:
        announce_sessions(db, town.desk)
    with session(town.engine) as db:
        remind_sessions(db, town.desk)
    return kinds(town)[len(before) :]


def kinds(town: Town) -> list[str]:
    with Session(town.engine) as db:
        return list(db.scalars(sa.select(Broadcast.kind).order_by(Broadcast.id)))


class Free:
    """A lock nobody else wants."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing to let go."""


class Asks:
    """A provider that keeps what it is asked, and answers as it was told."""

    def __init__(self, answer: Callable[[Outgoing], Coroutine[Any, Any, str]] | None = None) -> None:
        self.calls: list[tuple[float, str]] = []
        self.answer = answer

    async def send(self, outgoing: Outgoing) -> str:
        self.calls.append((time.monotonic(), outgoing.address))
        return await self.answer(outgoing) if self.answer else str(len(self.calls))


def quiet_author(town: Town) -> None:
    """The author's own previews have left."""
    with session(town.engine) as db:
        db.execute(sa.update(Delivery).where(Delivery.broadcast_id.is_(None)).values(state="sent"))
