"""The clock, the settings, the runner, the sources: what stands at the edges of the desk."""

import asyncio
import os
import shutil
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Say
from locales import speech
from models import database
from models.keeping import Keeping
from services import clock, sources
from services.clock import Clock
from services.runner import Runner
from settings import BadSetting, Settings, read_settings
from tests.desks import Hands, engine, world
from tests.running import Desk, telegram

ROOT = Path(__file__).parent.parent.parent


# -- the clock ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "wall"),
    [
        ("2026-02-15T00:30", "01:30"),
        ("2026-02-15T02:30", "02:30"),
        ("2026-02-14T23:30", "00:30"),
        ("2026-03-22T01:30", "01:30"),
        ("2026-03-22T02:30", "03:30"),
        ("2026-08-01T12:00", "13:00"),
        ("2026-09-20T00:30", "01:30"),
        ("2026-09-20T01:30", "01:30"),
        ("2026-12-07T10:00", "10:00"),
        ("2027-02-10T12:00", "12:00"),
        ("2027-03-01T12:00", "12:00"),
        ("2027-07-01T12:00", "12:00"),
        ("2030-06-01T12:00", "12:00"),
    ],
)
def test_the_hour_in_morocco(moment: str, wall: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(clock.zone())
    assert f"{at:%H:%M}" == wall


def test_the_day_turns_in_morocco() -> None:
    hands = Hands()
    hands.at = datetime(2026, 8, 1, 23, 30, tzinfo=UTC)
    assert Clock(clock.zone(), hands).today().isoformat() == "2026-08-02"


def stale_zone(folder: Path) -> Path:
    """Zone files of a machine that still believes in UTC+1: Lagos under Casablanca's name."""
    import importlib.resources

    folder.joinpath("Africa").mkdir(parents=True)
    lagos = importlib.resources.files("tzdata.zoneinfo.Africa").joinpath("Lagos").read_bytes()
    (folder / "Africa" / "Casablanca").write_bytes(lagos)
    return folder


def test_the_machine_s_zone_files_are_not_believed(tmp_path: Path) -> None:
    code = (
        "from services.clock import zone; from datetime import *;"
        "print(datetime(2026,12,7,10,tzinfo=UTC).astimezone(zone()).hour)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHONTZPATH": str(stale_zone(tmp_path / "zones"))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "10"


def test_old_zone_data_is_refused(tmp_path: Path) -> None:
    with (stale_zone(tmp_path) / "Africa" / "Casablanca").open("rb") as file:
        stale = zoneinfo.ZoneInfo.from_file(file, "Africa/Casablanca")
    with pytest.raises(clock.WrongClock, match="too old"):
        clock.check_zone(stale)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(clock.WrongClock):
        clock.zone("Africa/Nowhere")


# -- the settings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("PUBLIC_URL", "http://desk.example.org"),
        ("PUBLIC_URL", "desk"),
        ("PUBLIC_URL", "https://desk.example.org/?a=1"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgresql://x"),
        ("DATA_KEY", "short"),
        ("TELEGRAM_TOKEN", "not a token"),
        ("TELEGRAM_MODE", "carrier pigeon"),
        ("TELEGRAM_WEBHOOK_SECRET", "weak"),
        ("TELEGRAM_WEBHOOK_SECRET", "with spaces in it, sadly"),
        ("TELEGRAM_API_URL", "ftp://x"),
        ("TELEGRAM_RATE", "0.5"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///"),
    ],
)
def test_a_weak_setting_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as raised:
        read_settings()
    line = str(raised.value)
    assert line.startswith(name)
    assert ".env.example line" in line
    assert "\n" not in line
    assert value not in line.removeprefix(name) or name in ("PORT",)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TELEGRAM_WEBHOOK_SECRET": "long-enough-secret"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": "1:x", "TELEGRAM_MODE": "webhook"}, "PUBLIC_URL"),
        (
            {"TELEGRAM_TOKEN": "1:x", "TELEGRAM_MODE": "webhook", "PUBLIC_URL": "https://a.example"},
            "TELEGRAM_WEBHOOK_SECRET",
        ),
    ],
)
def test_a_channel_half_configured_stays_shut(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()
    assert not settings.telegram_open
    assert named in settings.shut_doors["telegram"]
    assert not settings.demonstration


@pytest.mark.parametrize(
    "given",
    [
        {"PUBLIC_URL": "https://a.example"},
        {"TELEGRAM_TOKEN": "1:x"},
        {"TWILIO_ACCOUNT_SID": "AC1"},
        {"TWILIO_AUTH_TOKEN": "x"},
        {"TWILIO_WHATSAPP_FROM": "whatsapp:+212600000000"},
    ],
)
def test_the_demonstration_shuts_as_soon_as_something_is_configured(given: dict[str, str]) -> None:
    assert Settings().demonstration
    assert not Settings(**{name.lower(): value for name, value in given.items()}).demonstration  # type: ignore[arg-type]


def test_a_half_configured_desk_opens_its_other_doors(tmp_path: Path) -> None:
    desk = Desk(tmp_path, TELEGRAM_TOKEN="1:x", TELEGRAM_MODE="webhook").start()
    try:
        assert "the telegram door stays shut: PUBLIC_URL" in desk.log()
        assert desk.stop() == 0
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DATA_KEY": "weak"}, "DATA_KEY"),
        ({"TIMEZONE": "Mars/Olympus"}, "Mars/Olympus"),
        (
            {
                "PUBLIC_URL": "https://a.example",
                "DATABASE_URL": "sqlite:////proc/nowhere/x.db",
                "DATA_KEY": "x" * 32,
            },
            "DATABASE_URL",
        ),
        (
            {
                "PUBLIC_URL": "https://a.example",
                "DATABASE_URL": "postgresql+psycopg://x@127.0.0.1:9/x",
                "DATA_KEY": "x" * 32,
            },
            "DATABASE_URL",
        ),
    ],
)
def test_the_start_is_refused_in_one_line(tmp_path: Path, given: dict[str, str], said: str) -> None:
    desk = Desk(tmp_path, **given).start(wait=False)
    try:
        assert desk.wait() == 2
        assert said in desk.log()
        assert len(desk.log().splitlines()) == 1
    finally:
        desk.close()


def test_a_refused_statement_is_not_called_an_absent_server(tmp_path: Path, database_url: str) -> None:
    """The server is there and says no: our bug, told as one, with its trace."""
    with engine(database_url) as made, made.begin() as connection:
        connection.exec_driver_sql("DROP TABLE keeping")
        connection.exec_driver_sql(
            "CREATE TABLE keeping (name VARCHAR(32) PRIMARY KEY, value BYTEA NOT NULL, CHECK (1 = 0))"
        )
    desk = Desk(tmp_path, **telegram("http://127.0.0.1:9", database_url)).start(wait=False)
    try:
        assert desk.wait() == 2
        assert "the database refuses a statement of this release" in desk.log()
        assert "does not answer" not in desk.log()
        assert "Traceback" in desk.log()
    finally:
        desk.close()


def test_another_key_stops_the_start(tmp_path: Path, sqlite_url: str) -> None:
    settings = telegram("http://127.0.0.1:9", sqlite_url)
    desk = Desk(tmp_path, **settings).start()
    try:
        assert desk.stop() == 0
        desk.start(wait=False, DATA_KEY="another key of thirty-two characters")
        assert desk.wait() == 2
        assert "DATA_KEY is not the key this database was written with" in desk.log()
    finally:
        desk.close()


def test_the_demonstration_leaves_the_real_database_alone(tmp_path: Path, postgres_url: str) -> None:
    desk = Desk(tmp_path, DATABASE_URL=postgres_url).start()
    try:
        assert (tmp_path / "var" / "demo.db").exists()
        assert desk.stop() == 0
    finally:
        desk.close()
    with engine(postgres_url) as made, made.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM known_option")).scalar() == 0


def test_an_empty_key_file_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.key").touch()
    desk = Desk(tmp_path).start(wait=False)
    try:
        assert desk.wait() == 2
        assert "var/demo.key" in desk.log()
        assert len(desk.log().splitlines()) == 1
    finally:
        desk.close()


# -- the runner ---------------------------------------------------------------------------------


def keep(db: Session, name: str) -> str:
    db.add(Keeping(name=name, value=b"x"))
    return name


def fail(db: Session, name: str) -> str:
    keep(db, name)
    db.flush()
    raise LookupError(name)


def names(db: Session) -> list[str]:
    return sorted(db.scalars(sa.select(Keeping.name)))


def test_use_cases_share_a_commit_and_fail_alone(database_url: str) -> None:
    commits: list[str] = []

    async def many() -> list[str | BaseException]:
        runner = Runner(
            database.engine(database_url, writer=True),
            database.engine(database_url, writer=False),
            lambda name, result: commits.append(name),
        )
        work = [runner.run(fail if number % 5 == 0 else keep, f"n{number:02}") for number in range(50)]
        ended = await asyncio.gather(*work, return_exceptions=True)
        assert await runner.read(names) == [f"n{number:02}" for number in range(50) if number % 5]
        runner.close()
        return ended

    ended = asyncio.run(many())
    assert [type(end) for end in ended].count(LookupError) == 10
    assert commits == ["keep"] * 40


def test_a_use_case_the_database_refuses_does_not_take_the_others_along(database_url: str) -> None:
    async def many() -> list[str | BaseException]:
        runner = Runner(database.engine(database_url, writer=True), database.engine(database_url, writer=False))
        work = [runner.run(keep, name) for name in ("a", "b", "a", "c")]
        ended = await asyncio.gather(*work, return_exceptions=True)
        assert await runner.read(names) == ["a", "b", "c"]
        runner.close()
        return ended

    ended = asyncio.run(many())
    assert [isinstance(end, Exception) for end in ended] == [False, False, True, False]


# -- the data -----------------------------------------------------------------------------------


def test_a_trade_that_disappears_is_retired_and_stays_known(database_url: str, tmp_path: Path) -> None:
    for name in ("crafts.csv", "crafts_also.csv", "communes.csv"):
        text = (sources.DATA / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text, encoding="utf-8")
    time = Clock(clock.zone(), Hands())
    with engine(database_url) as made:
        with Session(made) as db:
            sources.load_sources(db, time, world().spellings, tmp_path)
            db.commit()
        rows = (tmp_path / "crafts.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / "crafts.csv").write_text(
            "".join(row for row in rows if not row.startswith("C076,")), encoding="utf-8"
        )
        with Session(made) as db:
            trades = sources.load_sources(db, time, world().spellings, tmp_path)["trades"]
            db.commit()
    assert trades.known("C076")
    assert trades.label("C076").names["fr"] == "Poterie"
    assert "C076" not in trades.find("potier", {}, 0)[0]
    assert not trades.known("C999")


# -- words changed after their catalogue --------------------------------------------------------


def test_a_catalogue_older_than_its_words_is_built_anew_or_refused(tmp_path: Path) -> None:
    for language in ("ar", "fr"):
        here = tmp_path / language / "LC_MESSAGES"
        here.mkdir(parents=True)
        for end in ("po", "mo"):
            shutil.copy(ROOT / "locales" / language / "LC_MESSAGES" / f"desk.{end}", here / f"desk.{end}")
        os.utime(here / "desk.mo", (1, 1))
    words_of = tmp_path / "fr" / "LC_MESSAGES" / "desk.po"
    words_of.write_text(
        words_of.read_text(encoding="utf-8").replace('msgstr "Menu"', 'msgstr "Carte"'), encoding="utf-8"
    )
    assert speech.load(tmp_path).say(Say("status.now.option.menu"), "fr") == "Carte"
    os.utime(words_of.with_suffix(".mo"), (1, 1))
    words_of.write_text('msgid "broken', encoding="utf-8")
    with pytest.raises(speech.WordsMissing, match="make words"):
        speech.load(tmp_path)
