"""Two processes on one PostgreSQL: every update to both, shuffled, and one effect."""

import asyncio
import random
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

from tests.artisans import POTTER, Artisan
from tests.fakes.bot_api import SECRET as HEADER
from tests.fakes.bot_api import BotApi
from tests.running import SECRET, Desk, telegram

PEOPLE = 6


async def pour(desks: list[Desk], updates: list[dict[str, Any]], chance: random.Random) -> list[int]:
    """Each update to both desks, up to three times each, in any order, forty at a time."""
    posts = [(desk, update) for update in updates for desk in desks for _ in range(chance.randint(1, 3))]
    chance.shuffle(posts)
    gate = asyncio.Semaphore(40)

    async def post(session: aiohttp.ClientSession, desk: Desk, update: dict[str, Any]) -> int:
        async with (
            gate,
            session.post(f"{desk.url}/telegram/webhook", json=update, headers={HEADER: SECRET}) as answer,
        ):
            return answer.status

    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(post(session, desk, update) for desk, update in posts))


def test_two_desks_are_one(postgres_url: str, tmp_path: Path) -> None:
    chance = random.Random(11)
    api = BotApi(tmp_path)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    desks = [Desk(folder) for folder in folders]
    for desk in desks:
        desk.environment |= telegram(api.url, postgres_url, desk.url)
    try:
        for desk in desks:
            desk.start()
        api.wait(lambda: api.calls["setWebhook"] >= 2)
        people = [Artisan(api, 3000 + number) for number in range(PEOPLE)]
        # each person's next message goes to both desks at once, and once more for good measure
        plans = {person.chat: iter(["/start", "language:ar", "menu:eligibility", *POTTER]) for person in people}
        api.inject = lambda update: None  # type: ignore[method-assign]
        for _ in range(3 + len(POTTER)):
            for person in people:
                answer = next(plans[person.chat])
                person.presses(answer) if ":" in answer else person.says(answer)
            updates = [person.past[-1] for person in people]
            assert set(asyncio.run(pour(desks, updates, chance))) == {200}
            for person in people:
                person.hears()
        said = [len(person.messages) for person in people]
        assert said == [3 + len(POTTER)] * PEOPLE
        assert all("163" in person.texts[-1] for person in people)
        # and the whole past again, at once, shuffled
        past = [update for person in people for update in person.past]
        assert set(asyncio.run(pour(desks, past, chance))) == {200}
        for person in people:
            person.says("شكرا")
        assert set(asyncio.run(pour(desks, [person.past[-1] for person in people], chance))) == {200}
        for person in people:
            person.hears()
        assert [len(person.messages) for person in people] == [4 + len(POTTER)] * PEOPLE
        assert [desk.stop() for desk in desks] == [0, 0]
        states = database_states(postgres_url)
        assert states == {
            ("inbound", "done"): (4 + len(POTTER)) * PEOPLE,
            ("delivery", "sent"): (4 + len(POTTER)) * PEOPLE,
        }
    finally:
        for desk in desks:
            desk.close()
        api.close()
    for desk in desks:
        assert "Traceback" not in desk.log()


def database_states(url: str) -> dict[tuple[str, str], int]:
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql")) as db:
        rows = db.execute(
            "SELECT 'inbound', state, count(*) FROM inbound GROUP BY state"
            " UNION ALL SELECT 'delivery', state, count(*) FROM delivery GROUP BY state"
        )
        return {(table, state): count for table, state, count in rows}


def test_the_other_desk_takes_over(postgres_url: str, tmp_path: Path) -> None:
    """The desk that owns the lane is killed: the other one sends what is put down from then on."""
    api = BotApi(tmp_path)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    desks = [Desk(folder) for folder in folders]
    for desk in desks:
        desk.environment |= telegram(api.url, postgres_url, desk.url)
    try:
        desks[0].start()
        api.wait(lambda: api.webhook)
        artisan = Artisan(api, 3100)
        artisan.says("/start")
        artisan.hears()
        desks[1].start()
        api.wait(lambda: api.webhook and api.webhook[0].startswith(desks[1].url))
        desks[0].kill()
        artisan.says("1")
        assert "مرحبا" in artisan.hears()["text"]
    finally:
        for desk in desks:
            desk.close()
        api.close()


def test_two_desks_start_together_on_an_empty_database(postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as db:
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
    desks = []
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        desks.append(Desk(tmp_path / name, **telegram("http://127.0.0.1:9", postgres_url)))
    try:
        for desk in desks:
            desk.start(wait=False)
        for desk in desks:
            desk.ready()
    finally:
        for desk in desks:
            desk.close()
