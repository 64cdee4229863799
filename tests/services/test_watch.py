"""The watch: a full disk, a day that cost too much, a memory that is away, another bot's token: each is noted and told."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from handlers.telegram.door import BOT_KEY, TelegramDoor
from handlers.whatsapp.door import WhatsAppDoor
from jobs.watch import AWAY_SECONDS, Watch
from models.delivery import Delivery
from models.trouble import Trouble, troubles
from services.key_value import set_value
from services.outbox.sending import Uncertain
from services.people.status import Alert
from services.runner import DatabaseUnavailable, Runner
from services.unheard import Unheard
from services.watch import look_for_troubles
from tests.desks import engine, session
from tests.towns import Town, looks, many


@pytest.fixture
def town(database_url: str) -> Iterator[Town]:
    with engine(database_url) as made:
        found = Town(made)
        found.employ()
        yield found


def noted(town: Town) -> dict[str, str]:
    with Session(town.engine) as db:
        return {row.kind: row.detail for row in troubles(db)}


def watched(town: Town, work: Any) -> list[Alert]:
    """What is posted while a watch does something."""
    posted: list[Alert] = []

    async def post(alert: Alert) -> bool:
        posted.append(alert)
        return True

    async def main() -> None:
        runner = Runner(town.engine, town.engine)
        await work(Watch(runner, town.desk, Unheard(), {}, Path("/"), post, lambda path: 1_000_000), runner)
        runner._jobs.put(None)
        await asyncio.to_thread(runner._thread.join, 5)

    asyncio.run(main())
    return posted


def test_a_full_disk_is_told_once_an_hour(town: Town) -> None:
    async def twice(watch: Watch, runner: Runner) -> None:
        await watch.look()
        await watch.look()

    assert [alert.kind for alert in watched(town, twice)] == ["disk"]
    assert noted(town) == {"disk": "1 Mo"}


def test_a_memory_that_is_away_is_posted(town: Town) -> None:
    async def away(watch: Watch, runner: Runner) -> None:
        async def refused(*given: Any) -> None:
            raise DatabaseUnavailable("x")

        watch.runner = SimpleNamespace(run=refused)  # type: ignore[assignment]
        watch._away_since = -AWAY_SECONDS
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                await watch.look()
            await watch._tell_of_the_database()

    assert [alert.kind for alert in watched(town, away)] == ["database"]


def test_a_day_that_cost_too_much_is_noted(town: Town) -> None:
    many(town, 3)
    price = {"telegram": Decimal("0.5")}
    policy = replace(town.desk.policy, price=price, spend=Decimal(1))
    town.desk = replace(town.desk, policy=policy)
    town.sent({"area": "all"})
    looks(town)
    with session(town.engine) as db:
        look_for_troubles(db, town.desk, ("telegram",))
        assert db.get(Trouble, ("spend", "")) is None
        for row in db.query(Delivery).filter(Delivery.broadcast_id.is_not(None)):
            row.state, row.sent_at = "sent", town.hands.at
    town.hands.move(minutes=11)
    with session(town.engine) as db:
        look_for_troubles(db, town.desk, ("telegram",))
    assert noted(town)["spend"] == "2 DH"


def test_another_bot_than_before_is_noted(town: Town) -> None:
    async def seen(watch: Watch, runner: Runner) -> None:
        door = TelegramDoor(None, None, runner, town.desk, lambda contact: None, {}, Unheard())  # type: ignore[arg-type]
        await runner.run(set_value, BOT_KEY, "42 old_bot")
        await door._recognise(42, "old_bot")
        assert noted(town) == {}
        await door._recognise(43, "new_bot")

    watched(town, seen)
    assert noted(town) == {"bot": "@new_bot (@old_bot)"}


def test_an_entry_of_twilio_s_list_that_nobody_can_read_holds_up_no_other(town: Town) -> None:
    """What is in doubt is looked for one by one: a body that is no text counts, and the next one is settled."""
    for _ in range(2):
        town.add("whatsapp", "guelmim")
    town.sent({"area": "all"})
    looks(town)
    parcels = town.take("whatsapp")
    for parcel in parcels:
        town.ends(parcel, Uncertain("502"))
    sent_at, bad = town.hands.at, parcels[0].address
    town.hands.move(seconds=90)

    class Messages:
        async def list_async(self, to: str, **given: Any) -> list[Any]:
            body = 5 if to == bad else parcels[1].spoken.text
            entry = {
                "sid": "SM1",
                "body": body,
                "direction": "outbound-api",
                "date_created": sent_at,
                "date_sent": None,
            }
            return [SimpleNamespace(**entry)]

    async def settle(watch: Watch, runner: Runner) -> None:
        client = SimpleNamespace(messages=Messages())
        account, unheard = ("AC1", "token"), Unheard()
        given = (runner, town.desk, lambda contact: None, None, unheard)
        door = WhatsAppDoor(client, account, "whatsapp:+1", "http://127.0.0.1", *given)  # type: ignore[arg-type]
        assert await door.reconcile_once() == 1
        assert unheard.counts == {("whatsapp", "unreadable"): 1}

    watched(town, settle)
