"""Engines for the two databases, and the schema's version.

SQLite: one writer in WAL with full durability; BEGIN is ours, because the driver's own would let
SQLAlchemy's first RELEASE commit everything. Readers have an engine of their own.
"""

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from models.outage import DatabaseUnavailable

SCHEMA = "0012"
ROOT = Path(__file__).parent.parent
# A server that is gone or frozen is an error after a while, not a wait without end.
CONNECT_ARGS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 15_000,
    "options": "-c statement_timeout=15s -c lock_timeout=10s",
}
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",  # what is erased is overwritten, not only forgotten
)


class SchemaTooNew(RuntimeError):
    """The database was written by a later release."""


def engine(url: str | URL, *, writer: bool) -> sa.Engine:
    """Return an engine for writing (one connection's worth of work at a time) or for reading."""
    url = make_url(url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, writer)
    return sa.create_engine(
        url, pool_pre_ping=True, pool_size=2, max_overflow=2, hide_parameters=True, connect_args=CONNECT_ARGS
    )


def _sqlite(url: URL, writer: bool) -> sa.Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = sa.create_engine(
        url,
        connect_args={"isolation_level": None, "timeout": 10},
        pool_size=1 if writer else 2,
        hide_parameters=True,
    )

    @sa.event.listens_for(made, "connect")
    def on_connect(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @sa.event.listens_for(made, "begin")
    def on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return made


def is_written(url: str) -> bool:
    """Return whether a desk has written to this database: its key must not be made anew. Raises DatabaseUnavailable
    when it does not answer: nobody knows then.
    """
    made = make_url(url)
    if made.get_backend_name() == "sqlite" and not Path(str(made.database)).exists():
        return False
    asked = engine(made, writer=False)
    try:
        with asked.connect() as connection:
            if not sa.inspect(connection).has_table("keeping"):
                return False
            return bool(connection.scalar(sa.text("SELECT 1 FROM keeping WHERE name = 'key_check'")))
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnavailable(type(error).__name__) from error
    finally:
        asked.dispose()


def upgrade_schema(made: sa.Engine) -> None:
    """Bring the schema to this release's version; nothing to do is quick and imports nothing. Raises SchemaTooNew
    when a later release has written it.
    """
    with made.connect() as connection:
        if sa.inspect(connection).has_table("alembic_version"):
            version = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            if version == SCHEMA:
                return
            if version is not None and not _known(version):
                raise SchemaTooNew(f"the database is at schema {version}, this release knows up to {SCHEMA}")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["engine"] = made
    command.upgrade(config, "head")


def _known(version: str) -> bool:
    versions = (ROOT / "migrations" / "versions").glob("*.py")
    return any(re.match(rf"{re.escape(version)}_", path.name) for path in versions)
