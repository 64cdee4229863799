"""Promise 25: a clock that is hours, days or years wrong deletes nothing and writes to nobody twice; a stop ends in time."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.contact import Contact
from models.delivery import Delivery
from models.registration import Registration, seal_person
from models.rows import new_id
from tests.artisans import Artisan
from tests.faketime import followed
from tests.proof.figures import LEVEL, database_name, far, note
from tests.proof.scene import BOTH, Scene

PEOPLE, FILES = far(40, 100, 400), far(20, 100, 400)
SECONDS = far(13, 15, 30)  # a beat and more, at each hour
JUMPS = {"+2 h": "+2h", "-2 h": "-2h", "+2 days": "+49h", "-2 days": "-49h", "+5 years": "+1826d"}
JUMPED = tuple(JUMPS) if LEVEL else ("-2 days", "+5 years")


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Any:
    made = Scene(tmp_path, database_url, BOTH, PEOPLE, RETENTION="contacts=30 files=30 inbound=8")
    yield made
    made.close()


def files_of(scene: Scene) -> None:
    """A file for some of the people: five years later every one of them would be old enough to go."""
    sealer, now = scene.crowd.desk.sealer, datetime.now(UTC)
    with Session(scene.crowd.engine) as db:
        for number, contact in enumerate(list(scene.crowd.known.values())[:FILES]):
            id = new_id()
            db.add(
                Registration(
                    id=id,
                    reference=f"{number:09d}",
                    contact_id=contact,
                    trade="C076",
                    language="fr",
                    person=seal_person(sealer, id, b'{"name": "Essai"}'),
                    channel="telegram",
                    commune=scene.crowd.commune,
                    province="guelmim",
                    consent_version="t",
                    consent_at=now,
                    created_at=now,
                    seen_at=now,
                )
            )
        db.commit()


def rows(scene: Scene) -> Counter[str]:
    with Session(scene.crowd.engine) as db:
        return Counter(
            contacts=db.scalar(sa.select(sa.func.count()).where(Contact.erased_at.is_(None))) or 0,
            files=db.scalar(sa.select(sa.func.count()).select_from(Registration)) or 0,
            sent=db.scalar(sa.select(sa.func.count()).where(Delivery.broadcast_id.is_not(None))) or 0,
        )


@pytest.mark.parametrize("jump", JUMPED)
def test_a_wrong_clock_harms_nothing(scene: Scene, database_url: str, tmp_path: Path, jump: str) -> None:
    """The clock of a running desk jumps, and comes back; then it is told to stop."""
    hour = tmp_path / "hour"
    hour.write_text("+0\n")
    files_of(scene)
    desk = scene.desk
    desk.environment |= followed(hour)
    desk.start()
    id = scene.crowd.sends("broadcast")
    scene.wait(lambda: len(scene.copies()) >= 20)  # the trial: the rest waits for a look
    scene.wait(lambda: scene.crowd.state(id) in ("paused", "closed"))
    before, had = scene.copies(), rows(scene)
    hour.write_text(f"{JUMPS[jump]}\n")
    time.sleep(SECONDS)
    person = Artisan(scene.telegram, 4_000_001)
    person.says("/start")
    scene.telegram.wait(lambda: person.messages)  # who writes is answered, whatever the hour
    hour.write_text("+0\n")
    time.sleep(SECONDS)
    person.says("2")
    scene.telegram.wait(lambda: len(person.messages) > 1)
    began = time.monotonic()
    code = desk.stop()
    took = time.monotonic() - began
    now = rows(scene)
    deleted = sum(had.values()) - sum(min(now[name], had[name]) for name in had)
    again = [who for who, count in scene.copies().items() if count > before.get(who, 0)]
    where = f"{database_name(database_url)}, {jump} and back"
    note(
        25,
        where,
        f"{deleted} of {sum(had.values())} rows deleted, {len(again)} written to again, stopped in {took:.1f} s",
    )
    assert deleted == 0
    assert again == []
    assert code == 0
    assert took < 20


def test_a_stop_ends_though_the_other_clock_went_back_as_well(sqlite_url: str, tmp_path: Path) -> None:
    """Even the monotonic clock, which never does: then nothing that waits would ever wake up."""
    made = Scene(tmp_path, sqlite_url, ("telegram",), 1)
    hour = tmp_path / "hour"
    hour.write_text("+0\n")
    try:
        made.desk.environment |= followed(hour, monotonic=True)
        made.desk.start()
        hour.write_text("+1826d\n")
        time.sleep(3)
        hour.write_text("+0\n")
        time.sleep(2)
        began = time.monotonic()
        code = made.desk.stop()
        took = time.monotonic() - began
        note(25, "both clocks, 5 years and back", f"stopped in {took:.1f} s")
        assert took < 20
        assert code == 0
    finally:
        made.close()


def test_a_doubted_clock_is_believed_after_a_day_or_on_a_word(sqlite_url: str, tmp_path: Path) -> None:
    """Five years ahead at the start: nothing is deleted before somebody says that it is so."""
    made = Scene(tmp_path, sqlite_url, ("telegram",), 5)
    files_of(made)
    try:
        made.desk.start()
        made.desk.stop()
        with Session(made.crowd.engine) as db:
            long_ago = datetime.now(UTC) - timedelta(days=400)
            db.execute(
                sa.text("UPDATE keeping SET value = :at WHERE name = 'alive'"), {"at": long_ago.isoformat().encode()}
            )
            db.execute(sa.update(Contact).values(erase_at=long_ago, version=Contact.version + 1))
            db.commit()
        Path(f"{sqlite_url.removeprefix('sqlite:///')}.alive").unlink(missing_ok=True)
        made.desk.start()
        time.sleep(3)
        assert rows(made)["contacts"] == 6
        assert "the clock is far from the last beat" in made.desk.log()
    finally:
        made.close()
