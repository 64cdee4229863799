"""Promises 14 and 24: a copy put back, by the command or by hand, on this machine or another, writes to nobody twice
and brings nobody back who was erased; until an admin says so.
"""

import json
import os
import shutil
import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import backup, database
from models.contact import Contact
from services import clock
from services.privacy.erasure import erase_due
from services.privacy.erasure_list import ERASURE_LIST
from tests.artisans import Artisan
from tests.conftest import named
from tests.faketime import shifted
from tests.proof.figures import LEVEL, database_name, far, note
from tests.proof.installation import bot
from tests.proof.scene import BOTH, Scene

PEOPLE = far(120, 300, 2000)
QUIET_SECONDS = far(5, 8, 15)
WAYS = ("restore", "elsewhere", "by hand")
AGES = {"a minute": 60, "5 hours": 5 * 3600}
MATRIX = [(way, age) for way in WAYS for age in AGES]
if LEVEL == 0:  # in the suite each way once, each age too
    MATRIX = [("restore", "5 hours"), ("elsewhere", "a minute"), ("by hand", "5 hours")]


@pytest.fixture
def empty_place(database_url: str, tmp_path: Path) -> Any:
    """Another, empty place of the same kind."""
    if database_url.startswith("sqlite"):
        (tmp_path / "other").mkdir()
        yield f"sqlite:///{tmp_path}/other/desk.db"
        return
    url, name = named("postgres"), f"empty_{os.getpid()}_{time.monotonic_ns()}"
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield named(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Any:
    made = Scene(tmp_path, database_url, BOTH, PEOPLE, TELEGRAM_RATE="60", WHATSAPP_RATE="60", TRIAL_SIZE="0")
    yield made
    made.close()


def reached(scene: Scene) -> int:
    return len(scene.reached())


def copied_by_hand(url: str, target: str, folder: Path) -> None:
    """The database's own file with its note, or a dump, as an administrator copies it."""
    plain = folder / "by-hand"
    kind = backup.dump(url, plain, lambda done, every: None)
    backup.put_back(target, kind, plain, lambda done, every: None)
    if url.startswith("sqlite"):
        noted = Path(url.removeprefix("sqlite:///") + ".alive")
        if noted.exists():  # written with the second beat
            shutil.copy(noted, target.removeprefix("sqlite:///") + ".alive")


def erases(scene: Scene, contact: Any, *lists: Path) -> None:
    """She asked two days ago, and the desk erases her after the copy was made."""
    desk = replace(scene.crowd.desk, erasure_lists=lists, clock=clock.Clock(clock.zone()))
    with Session(scene.crowd.engine) as db:
        hers = sa.update(Contact).where(Contact.id == contact)
        db.execute(hers.values(erase_at=datetime.now(UTC) - timedelta(seconds=1), version=Contact.version + 1))
        assert erase_due(db, desk) == 1
        db.commit()


def is_erased(engine: sa.Engine, contact: Any) -> bool:
    with Session(engine) as db:
        return db.scalar(sa.select(Contact.erased_at).where(Contact.id == contact)) is not None


@pytest.mark.parametrize(("way", "age"), MATRIX)
def test_a_copy_writes_to_nobody_twice(
    scene: Scene, database_url: str, empty_place: str, tmp_path: Path, way: str, age: str
) -> None:
    desk, gone = scene.desk, scene.crowd.author
    backups = tmp_path / "backups"
    desk.environment |= {"BACKUP_FOLDER": str(backups)}
    staying = next(iter(scene.crowd.known.values()))
    scene.crowd.sends("broadcast")
    desk.start()
    scene.wait(lambda: reached(scene) > PEOPLE // 4)
    hand = tmp_path / "hand"
    hand.mkdir()
    file = Path()
    if way == "by hand":
        copied_by_hand(database_url, empty_place, hand)
    else:
        made = bot(tmp_path, "backup", str(backups), DATABASE_URL=database_url, BACKUP_FOLDER=str(backups))
        assert made.returncode == 0, made.stderr
        file = Path(made.stdout.strip().splitlines()[-1])
    copied_at = reached(scene)
    erases(scene, staying, backups / ERASURE_LIST)
    scene.wait(lambda: reached(scene) > min(PEOPLE * 3 // 4, copied_at + PEOPLE // 4))
    desk.kill()
    before, told_before = scene.copies(), len(scene.telegram.accepted) + len(scene.twilio.accepted)
    home = tmp_path if way == "restore" else tmp_path / "machine"
    home.mkdir(exist_ok=True)
    settings = {"DATABASE_URL": empty_place, "BACKUP_FOLDER": str(backups)}
    if way != "by hand":
        done = bot(home, "restore", str(file), **settings)
        assert done.returncode == 0, done.stderr
    other = scene.another("restored")
    other.environment |= {**settings, "HIRFA_HOME": str(home), **shifted(f"+{AGES[age]}s")}
    try:
        other.start()
        time.sleep(QUIET_SECONDS)
        after = scene.copies()
        twice = {who: count for who, count in after.items() if count > before.get(who, 0)}
        told_after = len(scene.telegram.accepted) + len(scene.twilio.accepted)
        place = database.engine(empty_place, writer=False)
        back = 0 if is_erased(place, staying) else 1
        place.dispose()
        person = Artisan(scene.telegram, 4_000_001)
        person.says("/start")
        person.hears()  # answers leave
        where = f"{database_name(database_url)}, {way}, {age}"
        note(14, where, f"copied at {copied_at} of {PEOPLE}, lost at {len(before)}: erased people back {back}")
        note(
            24,
            where,
            f"{QUIET_SECONDS} s after the start: {len(twice)} written to again, {told_after - told_before - 1} others",
        )
        note(17, where, f"erased after the copy was made, back in it after the restore: {back}")
        assert twice == {}
        assert back == 0
        assert person.messages
        assert gone is not None
        released = bot(home, "restore", "--release", **settings)
        assert released.returncode == 0, released.stderr
        scene.wait(lambda: len(scene.copies()) >= PEOPLE - 1)  # and on a yes the rest goes on
    finally:
        other.close()


def test_another_key_is_refused_by_its_name(sqlite_url: str, tmp_path: Path) -> None:
    made = bot(tmp_path, "backup", str(tmp_path), DATABASE_URL=sqlite_url)
    assert made.returncode == 0, made.stderr
    file = Path(made.stdout.strip().splitlines()[-1])
    place = f"sqlite:///{tmp_path}/new/desk.db"
    refused = bot(tmp_path, "restore", str(file), DATABASE_URL=place, DATA_KEY="another key of thirty-two characters")
    assert refused.returncode == 2
    key = json.loads(file.read_bytes().split(b"\n")[0].removeprefix(b"hirfa-backup "))["key"]
    assert f"was made with the key {key}" in refused.stderr
    assert not (tmp_path / "new" / "desk.db").exists()
    note(14, "another key", "refused by its name, nothing written")


def test_a_place_with_rows_is_left_alone(sqlite_url: str, tmp_path: Path) -> None:
    made = bot(tmp_path, "backup", str(tmp_path), DATABASE_URL=sqlite_url)
    file = Path(made.stdout.strip().splitlines()[-1])
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    before = path.read_bytes()
    refused = bot(tmp_path, "restore", str(file), DATABASE_URL=sqlite_url)
    assert refused.returncode == 2
    assert "not empty" in refused.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "altered", "other"])
def test_a_damaged_file_is_refused(sqlite_url: str, tmp_path: Path, damage: str) -> None:
    made = bot(tmp_path, "backup", str(tmp_path), DATABASE_URL=sqlite_url)
    file = Path(made.stdout.strip().splitlines()[-1])
    whole = file.read_bytes()
    middle = len(whole) // 2
    bad = {
        "cut": whole[:middle],
        "altered": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "other": b"something else",
    }[damage]
    file.write_bytes(bad)
    refused = bot(tmp_path, "restore", str(file), DATABASE_URL=f"sqlite:///{tmp_path}/new/desk.db")
    assert refused.returncode == 2
    assert file.name in refused.stderr
    assert not (tmp_path / "new" / "desk.db").exists()


def test_the_last_backup_is_drilled(database_url: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database_url, "BACKUP_FOLDER": str(tmp_path / "backups")}
    assert bot(tmp_path, "restore", "--drill", **settings).returncode == 1  # there is none yet
    assert bot(tmp_path, "backup", **settings).returncode == 0
    done = bot(tmp_path, "restore", "--drill", **settings)
    assert done.returncode == 0, done.stderr
    assert "it can be restored" in done.stdout
    left = [path.name for path in (tmp_path / "backups").iterdir() if path.name.startswith("hirfa-drill")]
    assert left == []


def test_a_copy_holds_no_value_in_the_clear(sqlite_url: str, tmp_path: Path) -> None:
    """Not even the sealed database: the file is sealed as a whole."""
    made = bot(tmp_path, "backup", str(tmp_path), DATABASE_URL=sqlite_url)
    file = Path(made.stdout.strip().splitlines()[-1])
    assert b"SQLite format 3" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as looked:
        assert looked.execute("SELECT count(*) FROM keeping").fetchone()[0] > 0
