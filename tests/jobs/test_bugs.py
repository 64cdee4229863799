"""A bug in SQL is no outage: in a lane, a turn or the clock it is logged with its trace, undone alone and counted."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from typing_extensions import override

from jobs.lanes import Lane
from jobs.timetable import CLOCK_JOBS, Timetable
from jobs.turns import Turns
from models.attachment import Attachment
from models.broadcast import Broadcast
from models.delivery import Delivery
from models.inbound import Inbound
from services.context import Policy
from services.delivery.outbox import take
from services.runner import DatabaseUnavailable, Runner
from services.turns.receive import store_inbound
from tests.counters import Counter, counter
from tests.desks import engine, session
from tests.towns import OTHER, Asks, Free, Town, quiet_author


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        yield Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0, quiet=None))


def lacks(made: sa.Engine, table: str) -> None:
    """From now on a statement about this table is wrong: a bug as a release could bring it."""
    with made.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_elsewhere")


def works(made: Town | Counter, until: Callable[[Runner], bool], *loops: Callable[[Runner], Any]) -> Runner:
    """Loops at work on a runner until something is so."""

    async def main() -> Runner:
        runner = Runner(made.engine, made.engine)
        tasks = [asyncio.create_task(loop(runner)) for loop in loops]
        async with asyncio.timeout(30):
            while not until(runner):
                await asyncio.sleep(0.02)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        runner._jobs.put(None)
        runner._thread.join(5)
        return runner

    return asyncio.run(main())


def lane(town: Town, sender: Asks) -> Callable[[Runner], Any]:
    return lambda runner: Lane(runner, town.desk, "telegram", sender, Free(), 1000).run()


def found(made: sa.Engine, broadcast: int) -> set[tuple[str, str | None]]:
    with Session(made) as db:
        rows = db.execute(sa.select(Delivery.state, Delivery.reason).where(Delivery.broadcast_id == broadcast))
        return {(state, reason) for state, reason in rows}


def traced(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in record.message and record.exc_info for record in caplog.records)


def test_a_message_that_meets_a_bug_fails_alone_and_the_others_leave(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        town.add("telegram", "guelmim")
    wrong, right = town.sent({"area": "all"}), town.sent({"area": "all"}, OTHER)
    with session(town.engine) as db:  # its words need a table that is not there
        kept = Attachment(
            kind="photo", channel="telegram", reference="x", tries=0, author_id=town.author, created_at=town.hands.at
        )
        db.add(kept)
        db.flush()
        db.get_one(Broadcast, wrong).attachment_id = kept.id
    quiet_author(town)
    lacks(town.engine, "attachment")
    sender = Asks()
    done = {("sent", None)}
    runner = works(
        town,
        lambda _: found(town.engine, right) == done and "pending" not in str(found(town.engine, wrong)),
        lane(town, sender),
    )
    assert found(town.engine, wrong) == {("failed", "fault")}
    assert runner.faults["take"] >= 1
    assert traced(caplog, "a message met a bug")
    assert traced(caplog, "a round of a loop failed")


def test_a_bug_in_the_lane_itself_is_told_each_time_and_nothing_is_lost(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    town.add("telegram", "guelmim")
    id = town.sent({"area": "all"})
    lacks(town.engine, "address")
    runner = works(town, lambda runner: runner.faults["take"] >= 2, lane(town, Asks()))
    assert set(runner.faults) == {"take"}
    assert traced(caplog, "a round of a loop failed")
    with town.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE address_elsewhere RENAME TO address")
    assert found(town.engine, id) == {("pending", None)}


class Broken(Runner):
    """A runner whose database is away for some use cases."""

    away: tuple[Any, ...] = ()

    @override
    async def run(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
        if use_case in self.away:
            raise DatabaseUnavailable
        return await super().run(use_case, *args, **kwargs)


def test_a_lane_waits_for_a_database_that_is_away(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    town.add("telegram", "guelmim")
    id = town.sent({"area": "all"})
    quiet_author(town)

    async def main() -> Broken:
        runner = Broken(town.engine, town.engine)
        runner.away = (take,)
        made = Lane(runner, town.desk, "telegram", Asks(), Free(), 1000)
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(20):
            while not any("not answered" in record.message for record in caplog.records):
                await asyncio.sleep(0.02)
            runner.away = ()
            while found(town.engine, id) != {("sent", None)}:
                await asyncio.sleep(0.02)
        made.stop()
        await task
        return runner

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(main()).faults == {}


# -- turns --------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(database_url: str) -> Iterator[Counter]:
    with counter(database_url) as made:
        yield made


def test_a_turn_that_meets_a_bug_is_counted_and_the_others_are_served(
    desk: Counter, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jobs import turns

    monkeypatch.setattr(turns, "RETRY_TURN_SECONDS", 0.01)
    one, two = desk.person(), desk.person("telegram", 1002)
    for each in (one, two):
        each.says("/start")
        each.presses("language:fr")
    lacks(desk.engine, "registration")
    with Session(desk.engine) as db:
        for person, words, id in ((one, "mon dossier", "a"), (two, "menu", "b")):
            body = f'{{"update_id": 1, "message": {{"message_id": 9, "date": 1, "text": "{words}", "chat": {{"id": {person.number}, "type": "private"}}, "from": {{"id": {person.number}}}}}}}'
            store_inbound(db, desk.desk, "telegram", id, person.address, body.encode())
        db.commit()

    def sweep(runner: Runner) -> Any:
        return Turns(runner, desk.desk, {}, lambda channel: None).sweep(0.05)

    def settled(runner: Runner) -> bool:
        with Session(desk.engine) as db:
            return not db.scalar(sa.select(sa.func.count()).where(Inbound.state == "stored"))

    runner = works(desk, settled, sweep)
    with Session(desk.engine) as db:
        assert set(db.scalars(sa.select(Inbound.state))) == {"dead", "done"}
        assert db.scalar(sa.select(sa.func.count()).where(Inbound.state == "dead")) == 1
    assert runner.faults == {"converse": 5}
    assert traced(caplog, "turn failed")
    assert "problème" in one.text
    assert two.options


# -- the clock ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "use_case"), [("registration", "compare_files"), ("assessment", "review_page")])
def test_a_clock_s_job_that_meets_a_bug_fails_alone(
    town: Town, caplog: pytest.LogCaptureFixture, table: str, use_case: str
) -> None:
    lacks(town.engine, table)
    ran: list[str] = []
    runner_type = type("Told", (Runner,), {"run": _told(ran)})

    async def main() -> Runner:
        runner: Runner = runner_type(town.engine, town.engine)
        await Timetable(runner, town.desk, lambda: None).begin()
        runner._jobs.put(None)
        runner._thread.join(5)
        return runner

    runner = asyncio.run(main())
    assert use_case in runner.faults
    assert traced(caplog, "a round of a loop failed")
    assert set(ran) == {job.__name__ for job in CLOCK_JOBS}  # each was asked all the same


def _told(ran: list[str]) -> Any:
    async def run(self: Runner, use_case: Any, *args: Any) -> Any:
        ran.append(use_case.__name__)
        return await Runner.run(self, use_case, *args)

    return run


def test_a_bug_in_what_fills_a_broadcast_does_not_end_the_clock(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    lacks(town.engine, "broadcast")
    runner = works(
        town,
        lambda runner: runner.faults["enqueue_due_batches"] >= 2,
        lambda runner: Timetable(runner, town.desk, lambda: None).run(0.1),
    )
    assert runner.faults["enqueue_due_batches"] >= 2
    assert traced(caplog, "a round of a loop failed")
