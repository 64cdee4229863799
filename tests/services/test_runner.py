"""The writer: a bug in SQL is undone alone and counted, a database that is away is told as such."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database
from models.keeping import Keeping
from services.runner import DatabaseUnavailable, Runner


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    made = Runner(database.engine(database_url, writer=True), database.engine(database_url, writer=False))
    yield made
    made.close()


def keep(db: Session, name: str) -> None:
    db.add(Keeping(name=name, value=b"x"))


def wrong(db: Session) -> None:
    keep(db, "of the wrong one")
    db.flush()
    db.execute(sa.text("SELECT * FROM no_such_table"))


def kept(db: Session) -> list[str]:
    return list(db.scalars(sa.select(Keeping.name).order_by(Keeping.name)))


def test_a_bug_in_sql_is_undone_alone_among_the_others(runner: Runner) -> None:
    async def main() -> list[Any]:
        held = threading.Event()
        waits = asyncio.create_task(runner.run(lambda_named("waits", lambda db: held.wait(5))))
        await asyncio.sleep(0)  # the writer is busy: what follows shares a transaction
        work = [runner.run(keep, "one"), runner.run(wrong), runner.run(keep, "two")]
        tasks = [asyncio.create_task(each) for each in work]
        await asyncio.sleep(0)
        held.set()
        await waits
        return await asyncio.gather(*tasks, return_exceptions=True)

    one, bug, two = asyncio.run(main())
    assert (one, two) == (None, None)
    assert isinstance(bug, sa.exc.SQLAlchemyError)
    assert runner.faults == {"wrong": 1}
    assert asyncio.run(runner.read(kept)) == ["one", "two"]


def lambda_named(name: str, work: Any) -> Any:
    work.__name__ = name
    return work


def test_a_bug_that_reads_is_counted_too(runner: Runner) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError):
        asyncio.run(runner.read(wrong))
    assert runner.faults == {"wrong": 1}


def test_a_database_that_is_away_is_no_fault(tmp_path: Any) -> None:
    (tmp_path / "desk.db").mkdir()
    url = f"sqlite:///{tmp_path}/desk.db"
    made = Runner(database.engine(url, writer=True), database.engine(url, writer=False))
    for call in (made.run, made.read):
        with pytest.raises(DatabaseUnavailable):
            asyncio.run(call(kept))
    assert made.faults == {}
    made.close()


def test_a_race_that_never_ends_well_is_told_after_some_tries(runner: Runner) -> None:
    asyncio.run(runner.run(keep, "one"))
    with pytest.raises(sa.exc.IntegrityError):
        asyncio.run(runner.run(keep, "one"))
    assert runner.faults == {"keep": 1}
