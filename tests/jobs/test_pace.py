"""A lane's pace counts calls: a message with a sheet is three of them."""

import asyncio
import time
import uuid

from conversations.values import Media, Spoken
from jobs.pace import BURST, Chats
from services.outbox.sending import Outgoing


def outgoing(*kinds: str) -> Outgoing:
    return Outgoing(uuid.uuid4(), 1, "7", Spoken("x", media=tuple(Media(kind, "") for kind in kinds)))


def test_a_message_weighs_the_calls_it_takes() -> None:
    assert [outgoing().weight, outgoing("pin").weight, outgoing("card").weight, outgoing("card", "pin").weight] == [
        1,
        2,
        3,
        4,
    ]


def test_a_chat_that_asks_for_sheets_spends_its_burst_three_times_as_fast() -> None:
    async def spent(calls: int) -> int:
        chats, sent = Chats(rate=0.001), 0
        start = time.monotonic()
        while sent < BURST + 1:
            try:
                async with asyncio.timeout(0.02):
                    await chats.turn("7", calls)
            except TimeoutError:
                break
            sent += 1
        assert time.monotonic() - start < 5
        return sent

    assert asyncio.run(spent(1)) == BURST
    assert asyncio.run(spent(3)) == BURST // 3
