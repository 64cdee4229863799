"""A bug in SQL is no outage, an outage is no bug: told apart on real errors of both databases."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from models import database
from models.outage import DatabaseUnavailable, is_outage, is_race, telling_outages
from tests.desks import engine

CONTACT = "INSERT INTO contact (id, version, last_seq, nudges, muted, created_at) VALUES "


def error_of(work: Callable[[], object]) -> Exception:
    with pytest.raises(sa.exc.SQLAlchemyError) as raised:
        work()
    return raised.value


def statement(url: str, *statements: str) -> Exception:
    """The error of the last of some statements, in one transaction."""

    def work() -> None:
        with engine(url) as made, made.connect() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    return error_of(work)


@pytest.mark.parametrize(
    "wrong",
    [
        "SELECT * FROM no_such_table",
        "SELECT no_such_column FROM contact",
        "SELEC 1",
        "INSERT INTO contact (id) VALUES (NULL)",
    ],
)
def test_a_wrong_statement_is_a_bug(database_url: str, wrong: str) -> None:
    error = statement(database_url, wrong)
    assert not is_outage(error)
    assert not is_race(error)
    with pytest.raises(type(error)), telling_outages():
        raise error


def test_what_another_process_wrote_first_is_a_race(database_url: str) -> None:
    twice = "INSERT INTO keeping (name, value) VALUES ('a', 'b')".replace("'b'", "CAST('b' AS BLOB)")
    if not database_url.startswith("sqlite"):
        twice = r"INSERT INTO keeping (name, value) VALUES ('a', '\x00')"
    error = statement(database_url, twice, twice)
    assert is_race(error)
    assert not is_outage(error)


def test_more_values_than_a_statement_takes_is_a_bug(postgres_url: str) -> None:
    """The driver refuses it without a word of the server: its error has no code either."""
    many = sa.select(sa.literal(1)).where(
        sa.column("x").in_([sa.bindparam(None, each, type_=sa.Integer, unique=True) for each in range(70_000)])
    )

    def work() -> None:
        with engine(postgres_url) as made, made.connect() as connection:
            connection.execute(many)

    assert not is_outage(error_of(work))


def test_a_locked_file_is_an_outage(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = statement(sqlite_url, "COMMIT", "PRAGMA busy_timeout=1", "BEGIN IMMEDIATE")
    other.close()
    assert is_outage(error)


@pytest.mark.parametrize("content", [b"not a database at all " * 100, None])
def test_a_file_that_is_none_is_an_outage(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "desk.db"
    if content is None:
        path.mkdir()  # it cannot be opened
    else:
        path.write_bytes(content)
    error = statement(f"sqlite:///{path}", "SELECT 1 FROM sqlite_master")
    assert is_outage(error)
    with pytest.raises(DatabaseUnavailable), telling_outages():
        raise error


def test_a_full_disk_is_an_outage(sqlite_url: str) -> None:
    full = ["COMMIT", "PRAGMA max_page_count=1", "BEGIN IMMEDIATE"]
    fill = "INSERT INTO keeping (name, value) VALUES ('a', zeroblob(10000000))"
    assert is_outage(statement(sqlite_url, *full, fill))


@pytest.mark.parametrize(
    "statements",
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())",),
        ("SET statement_timeout = '20ms'", "SELECT pg_sleep(2)"),
        ("SET TRANSACTION READ ONLY", "DELETE FROM keeping"),
    ],
    ids=["the server ends the connection", "a frozen server", "a standby"],
)
def test_a_server_that_is_away_is_an_outage(postgres_url: str, statements: tuple[str, ...]) -> None:
    assert is_outage(statement(postgres_url, *statements))


def test_a_lock_that_is_not_to_be_had_is_an_outage(postgres_url: str) -> None:
    with engine(postgres_url) as other, other.connect() as connection:
        connection.exec_driver_sql("LOCK TABLE keeping")
        assert is_outage(statement(postgres_url, "SET lock_timeout = '20ms'", "SELECT * FROM keeping"))


@pytest.mark.parametrize("where", ["127.0.0.1:1/x", "no-such-host.invalid/x"])
def test_a_server_nobody_reaches_is_an_outage(where: str) -> None:
    assert is_outage(statement(f"postgresql+psycopg://nobody@{where}", "SELECT 1"))


def test_a_database_that_was_dropped_is_an_outage(postgres_url: str) -> None:
    head, _, rest = postgres_url.rpartition("/")
    _, mark, query = rest.partition("?")
    assert is_outage(statement(f"{head}/no_such_database{mark}{query}", "SELECT 1"))


def test_a_pool_without_a_free_connection_is_an_outage(postgres_url: str) -> None:
    made = sa.create_engine(postgres_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with made.connect():
        assert is_outage(error_of(made.connect))
    made.dispose()


def test_an_error_of_something_else_is_no_outage() -> None:
    assert not is_outage(ValueError("x"))
    assert database.SCHEMA
