"""The clock: what somebody waits for is looked at every two seconds, the rest at its own times, a day's work by pages."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from typing_extensions import override

from jobs import timetable
from jobs.timetable import BEATS, CHORES, COMPARING, LOOKS, MINUTES, ClockJob, Timetable
from services.context import Policy
from services.runner import Runner
from tests.desks import engine
from tests.towns import Town

LOOKED = 8


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        yield Town(made, Policy(undo=timedelta(0), approve_above=0, trial=0, quiet=None))


def looked(town: Town, times: int) -> tuple[Counter[str], int]:
    """The clock at work until a broadcast's progress was watched so many times: how often each job, and how many
    transactions.
    """
    asked: Counter[str] = Counter()
    begun = 0

    class Counting(Runner):
        @override
        async def run(self, use_case: Any, *args: Any, **kwargs: Any) -> Any:
            asked[use_case.__name__] += 1
            return await super().run(use_case, *args, **kwargs)

    def count(connection: sa.Connection) -> None:
        nonlocal begun
        begun += 1

    async def main() -> None:
        runner = Counting(town.engine, town.engine)
        event.listen(town.engine, "begin", count)
        clock = asyncio.create_task(Timetable(runner, town.desk, lambda: None).run(0.05))
        async with asyncio.timeout(30):
            while asked["watch_broadcasts"] < times:
                await asyncio.sleep(0.01)
        clock.cancel()
        await asyncio.gather(clock, return_exceptions=True)
        event.remove(town.engine, "begin", count)
        runner._jobs.put(None)
        runner._thread.join(5)

    asyncio.run(main())
    return asked, begun


def test_an_idle_look_asks_for_what_somebody_waits_for_alone_in_one_transaction(town: Town) -> None:
    asked, begun = looked(town, LOOKED)
    for job in LOOKS:
        assert asked[job.__name__] >= LOOKED - 1
    for job in (*BEATS, *MINUTES, *COMPARING, *CHORES):
        assert asked[job.__name__] == 1  # at the start; again in half a minute, a minute, an hour
    looks = asked["watch_broadcasts"]
    # one for each of a long work's kinds; the writer may begin before a look's last job is handed in
    assert begun < 2 * looks + len((*COMPARING, *CHORES))


@pytest.mark.parametrize("pages", [1, 3])
def test_what_is_long_goes_on_by_pages_until_one_is_empty(
    town: Town, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    left = [50] * pages
    page: ClockJob = lambda db, desk: left.pop() if left else 0  # noqa: E731
    page.__name__ = "page"
    monkeypatch.setattr(timetable, "CHORES", (page,))
    monkeypatch.setattr(timetable, "BREATH_SECONDS", 0)
    runner = Runner(town.engine, town.engine)
    asyncio.run(Timetable(runner, town.desk, lambda: None).begin())
    assert left == []
    runner._jobs.put(None)
    runner._thread.join(5)
