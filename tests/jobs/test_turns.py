"""Turns when the database does not answer: nobody's message is blamed for it."""

import asyncio
import uuid
from typing import Any

from jobs.turns import Turns
from services.runner import DatabaseUnavailable
from tests.desks import desk


class Away:
    """A runner whose database is away."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, use_case: Any, *args: Any) -> Any:
        self.asked.append(use_case.__name__)
        raise DatabaseUnavailable


def test_a_database_away_is_no_stumble_of_the_message() -> None:
    async def turning() -> list[str]:
        runner = Away()
        turns = Turns(runner, desk(), {}, lambda channel: None)  # type: ignore[arg-type]
        contact = uuid.uuid4()
        turns.wake(contact)
        await turns.settled(contact)
        return runner.asked

    assert asyncio.run(turning()) == ["converse"]
