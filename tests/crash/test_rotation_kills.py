"""A new key moves in while people write and the desk is killed again and again: not one value is lost.

In the suite 1,000 files and two kills; `make proof` does 10,000 and twenty (`FILES`, `KILLS`).
"""

import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import database, rotation
from models.contact import Contact
from models.registration import Registration, seal_cin, seal_person, unseal_cin, unseal_person
from models.rows import new_id
from models.sealed import SealBroken, sealer
from tests.artisans import Artisan
from tests.crash.figures import note
from tests.fakes.bot_api import BotApi
from tests.running import KEY, Desk, telegram

FILES, KILLS = int(os.environ.get("FILES", "1000")), int(os.environ.get("KILLS", "2"))
NEW = "another key for tests, thirty-two characters"


def fill(url: str) -> None:
    """Files with a card's number each, sealed under the first key."""
    made, seals, now = database.engine(url, writer=True), sealer(KEY), datetime.now(UTC)
    with Session(made) as db:
        contact = new_id()
        db.execute(sa.insert(Contact).values(id=contact, version=1, last_seq=0, created_at=now))
        rows = []
        for number in range(FILES):
            id = new_id()
            person = orjson.dumps({"name": f"Essai {number}", "phone": "+212600000000"})
            rows.append({
                "id": id, "version": 1, "reference": f"{number:09}", "contact_id": contact, "state": "received",
                "person": seal_person(seals, id, person), "cin": seal_cin(seals, id, f"AB{number:06}"), "trade": "C076",
                "commune": "10.261.01.03", "province": "guelmim", "language": "ar", "channel": "telegram",
                "consent_version": "1", "consent_at": now, "created_at": now, "tries": 0,
            })  # fmt: skip
        db.execute(sa.insert(Registration), rows)
        db.commit()
    made.dispose()


def test_killed_while_the_key_turns(database_url: str, tmp_path: Path) -> None:
    api, dice = BotApi(tmp_path), random.Random(7)
    desk = Desk(tmp_path)
    desk.environment |= telegram(api.url, database_url, desk.url)
    artisan = Artisan(api, 1001)
    try:
        desk.start()  # once under the first key, which the index keeps
        api.wait(lambda: api.webhook)
        artisan.says("/start")
        artisan.hears()
        assert desk.stop() == 0
        fill(database_url)
        desk.environment |= {"DATA_KEY": NEW, "DATA_KEY_OLD": KEY}
        for kill in range(KILLS):
            at = f"rotate_values:{dice.randint(2, 8)}" if kill % 2 else ""
            desk.start(wait=not at, FAILPOINT=at)
            artisan.says("français" if kill % 2 else "العربية")  # turns go on, in values of either key
            if kill % 2:
                desk.wait()
            else:
                time.sleep(dice.random() * 0.5)
                desk.kill()
        desk.start()
        began = time.monotonic()
        while "no value is under an earlier key" not in desk.log():
            assert time.monotonic() - began < 120, desk.log()[-2000:]
            artisan.says("répéter")
            artisan.hears(len(artisan.messages) + 1)
        took = time.monotonic() - began
        assert desk.stop() == 0
        desk.environment = {key: value for key, value in desk.environment.items() if key != "DATA_KEY_OLD"}
        desk.start()
        before = len(artisan.messages)
        artisan.says("menu")
        artisan.hears(before + 1)
        assert desk.stop() == 0
        assert "ERROR" not in desk.log()
    finally:
        desk.close()
        api.close()
    unreadable = check(database_url)
    kind = database_url.partition(":")[0].partition("+")[0]
    note(
        f"{kind:<11} key rotation      {KILLS:>3} kills {FILES:>5} files, {unreadable} unreadable, last run {took:.1f} s"
    )
    assert unreadable == 0


def check(url: str) -> int:
    """How many values the new key alone does not open."""
    made, seals, lost = database.engine(url, writer=False), sealer(NEW), 0
    with Session(made) as db:
        assert rotation.count_left(db, seals) == 0
        for row in db.scalars(sa.select(Registration)):
            try:
                assert unseal_cin(seals, row) == f"AB{int(row.reference):06}"
                assert orjson.loads(unseal_person(seals, row))["name"] == f"Essai {int(row.reference)}"
            except (SealBroken, AssertionError, ValueError):
                lost += 1
    made.dispose()
    return lost
