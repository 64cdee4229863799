"""A copy of a database as one file, made while it is written to, and put back into an empty place.

SQLite: its own backup interface. PostgreSQL: `pg_dump`, where one as new as the server is installed; else its rows are
copied into an SQLite file, in one snapshot (models/copying.py), which goes back into either kind.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from models import database
from models.copying import Tell, copy_rows, is_empty

SQLITE, PG_DUMP = "sqlite", "pg_dump"
INSTALLED = Path("/usr/lib/postgresql")


class CannotRestore(RuntimeError):
    """The place is not empty, the copy is damaged, or a program is missing; its message says which."""


def dump(url: str, target: Path, tell: Tell) -> str:
    """Write a copy of the database as it is at this moment. Returns its kind, `sqlite` or `pg_dump`. Raises OSError,
    SQLAlchemyError, CannotRestore.
    """
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(made.database)), target)
        return SQLITE
    program = _program("pg_dump", made)
    if program is not None:
        _call([program, "--format=custom", "--no-owner", "--no-privileges", "--file", target, _plain(made)], made)
        return PG_DUMP
    source, copy = database.engine(made, writer=False), database.engine(f"sqlite:///{target}", writer=True)
    try:
        database.upgrade_schema(copy)
        copy_rows(source, copy, tell)
    finally:
        source.dispose()
        copy.dispose()
    settle(target)
    return SQLITE


def put_back(url: str, kind: str, source: Path, tell: Tell) -> None:
    """Put a copy into the empty place that a URL names. Raises CannotRestore, OSError, SQLAlchemyError, CopyFailed."""
    made = make_url(url)
    refuse_unless_empty(url)
    if kind == SQLITE:
        check_sqlite(source)
        if made.get_backend_name() == "sqlite":
            _place(source, Path(str(made.database)))
            return
        target, copy = database.engine(made, writer=True), database.engine(f"sqlite:///{source}", writer=True)
        try:
            database.upgrade_schema(copy)
            database.upgrade_schema(target)
            copy_rows(copy, target, tell)
        finally:
            target.dispose()
            copy.dispose()
        return
    if made.get_backend_name() == "sqlite":
        raise CannotRestore("this copy is one of pg_dump: restore it into a PostgreSQL, then `bot.py move` its rows")
    program = _program("pg_restore", made)
    if program is None:
        raise CannotRestore("pg_restore, as new as the server, is not installed (apt install postgresql-client)")
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _call([program, *options, "--dbname", _plain(made), source], made)


def check_sqlite(path: Path) -> None:
    """Look whether an SQLite file is whole. Raises CannotRestore."""
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as looked:
            said = looked.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise CannotRestore(f"the copy is damaged: {said}")


def refuse_unless_empty(url: str) -> None:
    """Look whether a place is empty, and clear what an empty start left there. Raises CannotRestore."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite" and not Path(str(made.database)).exists():
        return
    asked = database.engine(made, writer=False)
    try:
        with asked.connect() as connection:
            if not is_empty(connection):
                raise CannotRestore(
                    "the place that is named is not empty: nothing was touched. Name another, or move it away first"
                )
            leftover = sa.inspect(connection).get_table_names()
    finally:
        asked.dispose()
    if made.get_backend_name() == "sqlite":
        for end in ("", "-wal", "-shm"):
            Path(f"{made.database}{end}").unlink(missing_ok=True)
    elif leftover:  # a start made the tables, and nothing else
        cleared = database.engine(made, writer=True)
        with cleared.begin() as connection:
            found = sa.MetaData()
            found.reflect(connection)  # all of it ours, and empty: looked at above
            found.drop_all(connection)
        cleared.dispose()


def _copy_sqlite(source: Path, target: Path) -> None:
    if not source.exists():
        raise CannotRestore(f"there is no database at {source}: nothing to copy")
    os.close(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30) as read, sqlite3.connect(target) as write:
        read.backup(write)
    settle(target)


def settle(path: Path) -> None:
    """Make an SQLite database one file, with nothing beside it."""
    with sqlite3.connect(path, isolation_level=None) as settled:
        settled.execute("PRAGMA journal_mode=DELETE")
    settled.close()


def _place(source: Path, target: Path) -> None:
    """Move a file to its place, whole or not at all."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.restored")
    shutil.copyfile(source, beside)
    beside.chmod(0o600)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(target)


def _program(name: str, made: URL) -> Path | None:
    """The oldest program of PostgreSQL that is as new as the server; None when there is none."""
    server = server_version(made)
    named = [Path(found)] if (found := shutil.which(name)) else []
    for program in (*named, *sorted(INSTALLED.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))):
        asked: list[str | Path] = [program, "--version"]
        said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30).stdout  # noqa: S603
        version = re.search(r"\) ([0-9]+)", said)
        if version is not None and int(version[1]) >= server:
            return program
    return None


def server_version(url: str | URL) -> int:
    """Return the main version of a PostgreSQL server, such as 15. Raises SQLAlchemyError."""
    asked = database.engine(url, writer=False)
    try:
        with asked.connect() as connection:
            return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
    finally:
        asked.dispose()


def _plain(made: URL) -> str:
    """The address as libpq takes it, without the password, which goes by the environment."""
    return made.set(drivername="postgresql", password=None).render_as_string()


def _call(command: list[str | Path], made: URL) -> None:
    environment = {**os.environ, **({"PGPASSWORD": str(made.password)} if made.password else {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise CannotRestore(f"{Path(command[0]).name}: {said}")
