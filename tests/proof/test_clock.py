"""Promise 20: the right hour on the wall, old zone data refused, each job once when the clock jumps."""

import shutil
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from services import clock
from services.broadcasts.fanout import enqueue_due_batches
from services.broadcasts.monitor import start_due_broadcasts, watch_broadcasts
from services.sessions.reminders import announce_sessions, follow_up_sessions, remind_sessions
from tests.desks import engine, session
from tests.proof.figures import database_name, note
from tests.towns import Town, planned

# UTC -> the wall clock of Morocco: round the changes of 2026, and Ramadan 2027, at UTC+0 for good.
INSTANTS = (
    ("2026-02-15T01:59", "2026-02-15T02:59"),
    ("2026-02-15T02:01", "2026-02-15T02:01"),
    ("2026-02-15T12:00", "2026-02-15T12:00"),
    ("2026-03-22T01:59", "2026-03-22T01:59"),
    ("2026-03-22T02:01", "2026-03-22T03:01"),
    ("2026-03-22T12:00", "2026-03-22T13:00"),
    ("2026-09-19T12:00", "2026-09-19T13:00"),
    ("2026-09-20T01:30", "2026-09-20T01:30"),
    ("2026-09-20T12:00", "2026-09-20T12:00"),
    ("2027-02-07T12:00", "2027-02-07T12:00"),
    ("2027-02-20T12:00", "2027-02-20T12:00"),
    ("2027-03-14T12:00", "2027-03-14T12:00"),
)


def test_the_hour_on_the_wall() -> None:
    zone = clock.zone()
    wrong = [
        (at, wall, found)
        for at, wall in INSTANTS
        if (found := clock.Clock(zone).wall(datetime.fromisoformat(at).replace(tzinfo=UTC)).isoformat("T", "minutes"))
        != wall
    ]
    note(
        20,
        "instants",
        f"{len(INSTANTS) - len(wrong)} of {len(INSTANTS)} instants with the right hour on the wall",
    )
    assert wrong == []


def test_old_zone_data_is_refused_at_start(tmp_path: Path) -> None:
    old = tmp_path / "tzdata" / "zoneinfo" / "Africa"
    old.mkdir(parents=True)
    for package in (tmp_path / "tzdata", tmp_path / "tzdata" / "zoneinfo", old):
        (package / "__init__.py").touch()
    source = Path(next(iter(__import__("tzdata").__path__))) / "zoneinfo" / "Africa" / "Lagos"
    shutil.copy(source, old / "Casablanca")  # a zone without Morocco's changes
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from services import clock\n"
        "try:\n    clock.zone()\nexcept clock.WrongClock as error:\n    print('refused:', error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parent.parent.parent,
    ).stdout
    note(20, "old zone data", "the start is refused" if said.startswith("refused") else "NOT refused")
    assert said.startswith("refused")
    assert isinstance(ZoneInfo("Africa/Casablanca"), zoneinfo.ZoneInfo)


@pytest.mark.parametrize("jump", [timedelta(hours=2)])
def test_each_job_once_when_the_clock_jumps(database_url: str, jump: timedelta) -> None:
    with engine(database_url) as made:
        town = Town(made)
        for _ in range(3):
            town.add("telegram", "guelmim")
        planned(town)
        for at in ("2026-11-25T17:30", "2026-11-25T19:30", "2026-11-26T06:30", "2026-11-26T08:30"):
            town.hands.at = town.desk.clock.at(datetime.fromisoformat(at))
            for _ in range(2):
                for job in (
                    announce_sessions,
                    remind_sessions,
                    follow_up_sessions,
                    start_due_broadcasts,
                    watch_broadcasts,
                    enqueue_due_batches,
                ):
                    with session(made) as db:
                        job(db, town.desk)
        with Session(made) as db:
            kinds = list(db.scalars(sa.select(Broadcast.kind).order_by(Broadcast.id)))
    note(20, f"{database_name(database_url)}, jobs", f"jumps of {jump}: {', '.join(kinds)}, each once")
    assert kinds == ["announce", "evening", "morning"]
