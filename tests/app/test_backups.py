"""Backups beyond the file: for a recipient, carried away by rclone, old ones removed, made at night, failing aloud."""

import os
import shutil
import subprocess
import time
from datetime import time as hour
from pathlib import Path

import pyrage
import pytest
from sqlalchemy.orm import Session

from app.backup import LEAST_KEPT, nightly, prune
from jobs.backups import backup_is_due
from models.trouble import Trouble
from services.people.status import tell_troubles
from settings import Settings
from tests.desks import Hands, desk, engine, session
from tests.proof.installation import bot
from tests.running import KEY


def test_a_recipient_opens_it_and_so_does_the_program_age(sqlite_url: str, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    made = bot(tmp_path, "backup", DATABASE_URL=sqlite_url, BACKUP_RECIPIENT=str(identity.to_public()))
    assert made.returncode == 0, made.stderr
    file = Path(made.stdout.strip().splitlines()[-1])
    head, _, rest = file.read_bytes().partition(b"\n")
    assert head.startswith(b"hirfa-backup ")
    assert pyrage.decrypt(rest, [identity]).startswith(b"SQLite format 3")
    key = tmp_path / "identity.txt"
    key.write_text(f"# created\n{identity}\n")
    place = f"sqlite:///{tmp_path}/new/desk.db"
    refused = bot(tmp_path, "restore", str(file), DATABASE_URL=place, DATA_KEY="x" * 40)
    assert refused.returncode == 2
    back = bot(tmp_path, "restore", str(file), "--identity", str(key), DATABASE_URL=place)
    assert back.returncode == 0, back.stderr


def test_each_is_carried_away_with_the_list_of_erasures(sqlite_url: str, tmp_path: Path) -> None:
    config = tmp_path / "rclone.conf"
    config.write_text(f"[far]\ntype = alias\nremote = {tmp_path}/far\n")
    settings = {"DATABASE_URL": sqlite_url, "BACKUP_REMOTE": "far:backups", "RCLONE_CONFIG": str(config)}
    assert shutil.which("rclone"), "rclone is not installed (apt install rclone)"
    made = bot(tmp_path, "backup", **settings)
    assert made.returncode == 0, made.stderr
    file = Path(made.stdout.strip().splitlines()[-1])
    far = tmp_path / "far" / "backups"
    assert (far / file.name).read_bytes() == file.read_bytes()
    assert (far / "erased.list").exists()
    refused = bot(tmp_path, "backup", **{**settings, "BACKUP_REMOTE": "nowhere:backups"})
    assert refused.returncode == 1
    assert "no backup: rclone copyto" in refused.stderr


def test_old_ones_go_and_the_last_few_stay(tmp_path: Path) -> None:
    settings = Settings(backup_keep_days=14)
    for day in range(20):
        file = tmp_path / f"hirfa-202611{day + 1:02}T033000Z-0-0.backup"
        file.write_text("x")
        os.utime(file, (time.time() - (40 - day) * 86_400,) * 2)
    assert len(prune(settings, tmp_path)) == 20 - LEAST_KEPT
    assert len(list(tmp_path.glob("*.backup"))) == LEAST_KEPT


def test_it_is_due_once_a_day_at_its_hour(database_url: str) -> None:
    hands = Hands()
    with engine(database_url) as made:
        parts = desk(hands)
        at = hour(3, 30)
        due = []
        for later in (0, 1, 14, 3, 1, 24):  # from 10:00
            hands.move(hours=later)
            with session(made) as db:
                due.append(backup_is_due(db, parts, at))
        assert due == [True, False, False, True, False, True]


@pytest.mark.parametrize("folder", ["file", "gone"])
def test_one_that_fails_is_told(sqlite_url: str, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("no folder")
    where = tmp_path / "file" if folder == "file" else Path("/proc/nowhere")
    settings = Settings(database_url=sqlite_url, data_key=KEY, backup_folder=str(where))
    with engine(sqlite_url) as made:
        nightly(settings, made, desk())
        with Session(made) as db:
            row = db.get_one(Trouble, ("backup", ""))
            assert row.count == 1
            assert len(tell_troubles(db, desk())) == 1


def test_it_is_made_while_the_desk_writes(sqlite_url: str, tmp_path: Path) -> None:
    """Somebody holds the writer: a copy is made all the same, of what was committed."""
    with engine(sqlite_url) as made, made.connect() as connection:
        connection.exec_driver_sql("INSERT INTO keeping (name, value) VALUES ('not yet', 'x')")
        plain = tmp_path / "plain.db"
        from models import backup

        backup.dump(sqlite_url, plain, lambda done, every: None)
        asked = ["sqlite3", str(plain), "SELECT count(*) FROM keeping WHERE name = 'not yet'"]
        if shutil.which("sqlite3"):
            assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip() == "0"
        backup.check_sqlite(plain)
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN")
