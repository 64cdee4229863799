"""The clock: late by policy, never a burst, harmless twice; whatever it missed."""

import threading
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Operation, Say
from models import database
from models.broadcast import Broadcast
from models.contact import Contact
from models.delivery import Delivery
from services.runner import Runner
from services.sessions.reminders import announce_sessions
from services.sessions.sources import people_told
from services.turns.operations import OPERATIONS, run_operation
from tests.desks import engine, session
from tests.towns import Town, look, planned


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (["2026-11-23T10:00", "2026-11-25T18:00", "2026-11-26T08:00"], ["announce", "evening", "morning"]),
        (["2026-11-23T10:00", "2026-11-25T20:59", "2026-11-26T09:29"], ["announce", "evening", "morning"]),  # late
        (["2026-11-23T10:00", "2026-11-25T21:00", "2026-11-26T09:31"], ["announce"]),  # too late: dropped
        (["2026-11-26T08:30"], ["announce", "morning"]),  # asleep for days: no burst of what is past
        (["2026-11-26T10:00", "2026-11-27T10:00"], []),  # begun: nothing
        (["2026-11-23T10:00", "2026-11-25T17:59", "2026-11-26T07:59"], ["announce"]),  # too early
    ],
)
def test_each_once_and_in_its_time(database_url: str, looks: list[str], expected: list[str]) -> None:
    with engine(database_url) as made:
        town = Town(made)
        town.add("telegram", "guelmim")
        planned(town)
        found: list[str] = []
        for at in looks:
            found += look(town, at)
            assert look(town, at) == []  # and nothing the second time
        assert found == expected


def test_an_hour_before_the_night_ends_has_no_morning_reminder(database_url: str) -> None:
    with engine(database_url) as made:
        town = Town(made)
        town.add("telegram", "guelmim")
        planned(town, datetime(2026, 11, 26, 8, 0))
        assert look(town, "2026-11-25T18:30") == ["announce", "evening"]
        assert look(town, "2026-11-26T07:40") == []


def test_two_clocks_are_harmless(postgres_url: str) -> None:
    """Eight looks at once from two runners on one server: one announcement, one row a person."""
    with engine(postgres_url) as made:
        town = Town(made)
        for _ in range(5):
            town.add("telegram", "guelmim")
        planned(town)
    runners = [
        Runner(database.engine(postgres_url, writer=True), database.engine(postgres_url, writer=False))
        for _ in range(2)
    ]
    errors: list[Any] = []

    def many(runner: Runner) -> None:
        import asyncio

        async def looks() -> None:
            await asyncio.gather(*(runner.run(announce_sessions, town.desk) for _ in range(4)))

        try:
            asyncio.run(looks())
        except Exception as error:  # noqa: BLE001  # whatever it is, the test says it
            errors.append(error)

    threads = [threading.Thread(target=many, args=(runner,)) for runner in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for runner in runners:
        runner.close()
    assert errors == []
    with engine(postgres_url) as made, Session(made) as db:
        assert list(db.scalars(sa.select(Broadcast.kind))) == ["announce"]
        rows = sa.text("SELECT count(*), count(DISTINCT contact_id) FROM delivery WHERE broadcast_id IS NOT NULL")
        assert tuple(db.execute(rows).one()) == (5, 5)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("sending", True),
        ("sent", True),
        ("delivered", True),
        ("read", True),
        ("unknown", True),
        ("pending", False),
        ("failed", False),
        ("undeliverable", False),
        ("window_closed", False),
        ("cancelled", False),
    ],
)
def test_who_was_told(sqlite_url: str, state: str, told: bool) -> None:
    """A move goes to whoever got the old date, or may have, without having answered; to nobody else."""
    with engine(sqlite_url) as made:
        town = Town(made)
        id = planned(town)
        reader = town.add("telegram", "guelmim")
        look(town, "2026-11-23T10:00")
        with session(made) as db:
            db.execute(sa.update(Delivery).where(Delivery.contact_id == reader).values(state=state))
        with Session(made) as db:
            assert list(db.scalars(people_told(id))) == ([reader] if told else [])


@pytest.mark.parametrize("name", [name for name, (role, _) in OPERATIONS.items() if role is not None])
def test_a_deed_of_the_chamber_is_refused_to_everybody_else(sqlite_url: str, name: str) -> None:
    with engine(sqlite_url) as made:
        town = Town(made)
        stranger = town.add("telegram", "guelmim")
        with session(made) as db:
            done = run_operation(
                db, town.desk, db.get_one(Contact, stranger), Operation(name, {"broadcast": 1, "session": "1.1"})
            )
        assert done.refused
        assert done.says[0] == Say("desk.stale")
