"""A lane beside its happy path: a wait in mid-flight, an answer of the database that was lost, an outage, a pace
that is paid for, one chat's own pace, results kept together.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Reply, Say
from jobs import lanes
from jobs.lanes import Lane
from jobs.pace import Chats, in_flight
from jobs.results import Results
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Delivery
from services import runner as writing
from services.context import Policy
from services.delivery.outbox import SendResult, take
from services.outbox.messages import enqueue_notice
from services.outbox.sending import Gone, Outgoing, Stopped, Throttled
from services.runner import DatabaseUnavailable, Runner
from tests.desks import engine, session
from tests.proof.crowd import Crowd
from tests.towns import Asks, Free, Town, many, quiet_author
from tests.whole import Whole


@pytest.fixture
def town(sqlite_url: str) -> Iterator[Town]:
    with engine(sqlite_url) as made:
        yield Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0, quiet=None))


def runs(
    town: Town, sender: Asks, until: Callable[[Lane], Any], channel: str = "telegram", rate: float = 30, paid: float = 0
) -> Lane:
    """A lane at work until something is so."""

    async def main() -> Lane:
        runner = Runner(town.engine, town.engine)
        lane = Lane(runner, town.desk, channel, sender, Free(), rate, paid)
        running = asyncio.create_task(lane.run())
        async with asyncio.timeout(15):
            while not until(lane):
                await asyncio.sleep(0.01)
        lane.stop()
        await running
        runner._jobs.put(None)
        runner._thread.join(5)
        return lane

    return asyncio.run(main())


def states(town: Town) -> dict[str, int]:
    with Session(town.engine) as db:
        rows = db.execute(
            sa.select(Delivery.state, sa.func.count())
            .where(Delivery.broadcast_id.is_not(None))
            .group_by(Delivery.state)
        )
        return {state: count for state, count in rows}  # noqa: C416


def away(town: Town) -> int:
    with Session(town.engine) as db:
        gone = sa.or_(Contact.unreachable_at.is_not(None), Contact.stopped_at.is_not(None))
        return db.scalar(sa.select(sa.func.count()).where(gone)) or 0


@pytest.mark.parametrize(("channel", "error"), [("telegram", Gone("Forbidden")), ("whatsapp", Stopped("63014"))])
def test_an_outage_takes_nobody_for_gone_those_in_flight_neither(town: Town, channel: str, error: Any) -> None:
    for _ in range(30):
        town.add(channel, "guelmim")
    id = town.sent({"area": "all"})
    quiet_author(town)

    async def refuses(outgoing: Outgoing) -> str:
        await asyncio.sleep(0.05)
        raise error

    def held(lane: Lane) -> bool:
        with Session(town.engine) as db:
            return db.get_one(Broadcast, id).state == "paused" and not lane._sending

    runs(town, Asks(refuses), held, channel)
    assert away(town) == 0
    found = states(town)
    assert set(found) == {"failed", "pending"}
    assert sum(found.values()) == 30


def test_what_the_database_took_and_did_not_say_so_is_found_again(town: Town, monkeypatch: Any) -> None:
    """The commit of `take` arrived, its answer was lost: the rows are `sending` and nobody sends them."""
    many(town, 2)
    town.sent({"area": "all"})
    quiet_author(town)
    monkeypatch.setattr(lanes, "SWEEP_SECONDS", 0.2)
    monkeypatch.setattr(lanes, "HOLD_SECONDS", 0.1)
    monkeypatch.setattr(lanes, "LOST_AFTER", timedelta(0))
    real = writing._attempt
    lost: list[int] = []

    def attempt(job: Any, db: Session) -> None:
        real(job, db)
        if job.name == "take" and job.result and not lost:
            lost.append(1)
            raise DatabaseUnavailable("OperationalError")

    monkeypatch.setattr(writing, "_attempt", attempt)
    sender = Asks()
    runs(town, sender, lambda lane: states(town) == {"unknown": 2})
    assert sender.calls == []


def test_nothing_leaves_while_the_lane_waits_not_even_what_was_taken(town: Town) -> None:
    ids = [town.add("telegram", "guelmim") for _ in range(2)]
    town.sent({"area": "all"})
    with session(town.engine) as db:  # one has just been written to: her message waits a second for its turn
        enqueue_notice(db, town.desk, db.get_one(Contact, ids[0]), Reply((Say("attend.no"),)))
    stopped: list[float] = []

    async def answers(outgoing: Outgoing) -> str:
        if outgoing.kind == "broadcast" and not stopped:
            stopped.append(time.monotonic())
            raise Throttled(3)
        return "1"

    sender = Asks(answers)
    runs(town, sender, lambda lane: stopped and time.monotonic() - stopped[0] > 1.5)
    assert [at for at, _ in sender.calls if at > stopped[0]] == []
    assert states(town) == {"pending": 2}


def test_what_nobody_asked_for_follows_another_message_a_second_later() -> None:
    async def main() -> list[float]:
        chats, began, at = Chats(10), time.monotonic(), []  # ten a second: a tenth between
        for unasked in (False, False, True, True):
            await chats.turn("1", unasked=unasked)
            at.append(time.monotonic() - began)
        await chats.turn("2", unasked=True)  # another chat waits for nobody
        at.append(time.monotonic() - began - at[3])
        return at

    first, second, third, fourth, other = asyncio.run(main())
    assert second - first < 0.05
    assert third - second >= 0.09
    assert fourth - third >= 0.09
    assert other < 0.05


def test_what_is_paid_for_has_a_pace_of_its_own(town: Town) -> None:
    """Answers keep the free rate; messages to many leave faster beside them."""
    many(town, 60)
    others = [town.add("telegram", None) for _ in range(10)]
    town.sent({"area": "all"})
    quiet_author(town)
    with session(town.engine) as db:
        for id in others:
            enqueue_notice(db, town.desk, db.get_one(Contact, id), Reply((Say("attend.no"),)))
    kinds: list[str] = []

    async def answers(outgoing: Outgoing) -> str:
        kinds.append(outgoing.kind)
        return "1"

    began = time.monotonic()
    runs(town, Asks(answers), lambda lane: kinds.count("broadcast") == 60, rate=4, paid=1000)
    assert time.monotonic() - began < 5
    assert kinds.count("notice") <= 4 * (time.monotonic() - began) + 4


def test_an_answer_finds_room_beside_messages_to_many(town: Town) -> None:
    many(town, 40)
    town.sent({"area": "all"})
    quiet_author(town)
    person = town.add("telegram", None)
    told = asyncio.Event()

    async def answers(outgoing: Outgoing) -> str:
        if outgoing.kind == "broadcast":
            await asyncio.wait_for(told.wait(), 30)  # they hang until the answer has left
        else:
            told.set()
        return "1"

    def puts(lane: Lane) -> bool:
        if lane._bulk_sending == in_flight(30) and not told.is_set():
            with session(town.engine) as db:
                if not db.scalar(sa.select(Delivery.id).where(Delivery.contact_id == person)):
                    enqueue_notice(db, town.desk, db.get_one(Contact, person), Reply((Say("attend.no"),)))
                    lane.wake()
        return told.is_set()

    runs(town, Asks(answers), puts)
    assert told.is_set()


def test_results_that_come_together_are_kept_together_and_one_that_fails_alone(town: Town, monkeypatch: Any) -> None:
    many(town, 6)
    town.sent({"area": "all"})
    with session(town.engine) as db:
        outgoings = [p for p in take(db, town.desk, "telegram", "lane", 20) if p.kind == "broadcast"]
    from jobs import results

    monkeypatch.setattr(results, "RERECORD_SECONDS", 0.01)
    real: Any = results.record_results  # type: ignore[attr-defined]  # as this module sees it
    sizes: list[int] = []
    broken = [2]

    def record(db: Session, desk: Any, owner: str, some: Any) -> int:
        sizes.append(len(some))
        if len(some) > 1 and broken:
            broken.pop()
            raise DatabaseUnavailable("OperationalError")
        done: int = real(db, desk, owner, some)
        return done

    monkeypatch.setattr(results, "record_results", record)

    async def main() -> None:
        runner = Runner(town.engine, town.engine)
        kept = Results(runner, town.desk)
        await asyncio.gather(*(kept.keep("lane", SendResult(each.id, str(uuid.uuid4()))) for each in outgoings))
        runner._jobs.put(None)
        runner._thread.join(5)

    asyncio.run(main())
    assert states(town) == {"sent": 6}
    assert sizes[:2] == [1, 5]  # five came while one was being kept
    assert sizes[2:] == [1] * 5  # and each was kept alone when the five could not be


def test_an_outage_told_by_statuses_takes_nobody_for_gone(database_url: str, tmp_path: Path) -> None:
    """WhatsApp takes everything and says afterwards that nobody is there."""
    crowd = Crowd(database_url, ("whatsapp",), 30, datetime(2026, 11, 24, 10, tzinfo=UTC))
    with Whole(tmp_path, database_url) as whole:
        whole.hands.at = crowd.now
        whole.twilio.heard = dict.fromkeys(crowd.known, crowd.now)
        whole.twilio.errors = dict.fromkeys(crowd.known, 63024)
        id = crowd.sends()
        whole.hands.move(seconds=1)
        whole.put_down()
        whole.twilio.wait(lambda: crowd.state(id) == "paused" and set(crowd.counts(id)) <= {"failed", "pending"})
        with Session(whole.reader) as db:
            gone = sa.select(sa.func.count()).where(Contact.unreachable_at.is_not(None))
            assert db.scalar(gone) == 0
            assert db.get_one(Broadcast, id).why == "brake"
    crowd.close()
