"""`bot.py move`: there and back, counted, unsealed, and the next thing that is saved meets nobody's number."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import copying
from models.broadcast import Broadcast
from models.session import AwarenessSession
from models.tables import metadata
from tests.conftest import named
from tests.desks import engine
from tests.proof.figures import far, note
from tests.proof.installation import bot
from tests.towns import Town, files, planned

FILES = far(40, 500, 10_000)


@pytest.fixture
def empty_postgres() -> Iterator[str]:
    name = f"moved_{os.getpid()}"
    plain = named("postgres").replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield named(name)
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def filled(url: str) -> None:
    with engine(url) as made:
        town = Town(made)
        for number in range(FILES):
            files(town, town.add("telegram", "guelmim"), f"Fatima {number}")
        planned(town)
        town.sent({"area": "all"})


def counts(url: str) -> dict[str, int]:
    with engine(url) as made, made.connect() as connection:
        return copying.count_rows(connection)


def save_next(url: str) -> None:
    """A session and a broadcast more, and one of every table that numbers its rows by itself."""
    with engine(url) as made, Session(made) as db:
        author = db.scalar(sa.text("SELECT id FROM contact LIMIT 1"))
        assert author is not None
        for table in metadata.sorted_tables:
            column = table.autoincrement_column
            if column is None or table.name not in (AwarenessSession.__tablename__, Broadcast.__tablename__):
                continue
            last = db.scalar(sa.select(sa.func.max(column))) or 0
            row = db.execute(sa.select(table).order_by(column).limit(1)).mappings().first()
            if row is None:
                continue
            values = {name: value for name, value in row.items() if name != column.name}
            values |= {"edition": None} if table.name == Broadcast.__tablename__ else {}
            number = db.execute(sa.insert(table).values(values).returning(column)).scalar_one()
            assert number > last, table.name
        db.rollback()


def test_there_and_back(sqlite_url: str, empty_postgres: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    before = counts(sqlite_url)
    assert before["registration"] == FILES
    there = bot(tmp_path, "move", empty_postgres, DATABASE_URL=sqlite_url)
    assert there.returncode == 0, there.stderr
    assert "sealed values opened" in there.stdout
    back_url = f"sqlite:///{tmp_path}/back.db"
    back = bot(tmp_path, "move", back_url, DATABASE_URL=empty_postgres)
    assert back.returncode == 0, back.stderr
    after = counts(back_url)
    for own in ("keeping", "known_option"):  # what each start keeps of itself
        before.pop(own), after.pop(own)
    assert after == before
    save_next(empty_postgres)
    save_next(back_url)
    with engine(sqlite_url) as one, engine(back_url) as other:
        for table in metadata.sorted_tables:
            if table.name in ("keeping", "known_option", "delivery"):
                continue
            every = sa.select(table).order_by(*table.primary_key.columns)
            with one.connect() as first, other.connect() as second:
                assert [tuple(row) for row in first.execute(every)] == [tuple(row) for row in second.execute(every)]
    note(14, "moved there and back", f"{sum(before.values())} rows, {FILES} files: the same, sample unsealed")


def test_a_place_with_rows_is_refused(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    filled(sqlite_url)
    with engine(postgres_url) as made:
        Town(made)
    refused = bot(tmp_path, "move", postgres_url, DATABASE_URL=sqlite_url)
    assert refused.returncode == 2
    assert "not empty" in refused.stderr


def test_a_place_with_another_program_s_tables_is_left_alone(
    sqlite_url: str, empty_postgres: str, tmp_path: Path
) -> None:
    """Empty for us is not empty: nothing of anybody else is dropped."""
    other = f"sqlite:///{tmp_path}/other.db"
    for url in (empty_postgres, other):
        with engine(url) as made, made.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE invoices (number INTEGER)")
        refused = bot(tmp_path, "move", url, DATABASE_URL=sqlite_url)
        assert (refused.returncode, "not empty" in refused.stderr) == (2, True)
        with engine(url) as made, made.connect() as connection:
            assert sa.inspect(connection).get_table_names() == ["invoices"]
