"""Tell a database that is away from a bug in our SQL, by the code of the error and never by its text.

Only errors of the connection, of the server's state or of the file mean that the database is away; whoever
meets `DatabaseUnavailable` waits and tries again. Any other error of SQLAlchemy is a bug, and goes up.
Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.sqlite.org/rescode.html.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError

# PostgreSQL classes: connection, invalid authorization, resources, operator's intervention (a statement that
# timed out on a frozen server too), system error; and by themselves: no such database, read-only standby, a
# lock not to be had in time.
AWAY_CLASSES = ("08", "28", "53", "57", "58")
AWAY_STATES = ("3D000", "25006", "55P03")
RACE_STATES = ("40001", "40P01", "23505", "23503")  # serialization, deadlock, unique, foreign key
# SQLite, primary codes: BUSY LOCKED NOMEM READONLY IOERR CORRUPT FULL CANTOPEN PROTOCOL NOTADB. The file, the
# disk or another process is at fault, never the statement.
SQLITE_AWAY = (5, 6, 7, 8, 10, 11, 13, 14, 15, 26)
SQLITE_RACES = (2067, 1555, 2579, 787)  # CONSTRAINT_ UNIQUE, PRIMARYKEY, ROWID, FOREIGNKEY


class DatabaseUnavailable(Exception):
    """The database does not answer now: nothing was done, the same may be tried again later."""


def is_outage(error: BaseException) -> bool:
    """Return whether an error means that the database is away, and not that a statement is wrong."""
    if isinstance(error, NoConnectionFree):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    sqlite = getattr(error.orig, "sqlite_errorcode", None)
    if sqlite is not None:
        return sqlite & 0xFF in SQLITE_AWAY
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # the server said nothing: it was not reached, or the driver itself refuses a statement
        return error.statement is None
    return state[:2] in AWAY_CLASSES or state in AWAY_STATES


def is_race(error: BaseException) -> bool:
    """Return whether another process was quicker, so that the same use case, run again, may end well."""
    if isinstance(error, StaleDataError):
        return True
    orig = getattr(error, "orig", None)
    return getattr(orig, "sqlstate", None) in RACE_STATES or (getattr(orig, "sqlite_errorcode", None) in SQLITE_RACES)


@contextmanager
def telling_outages() -> Iterator[None]:
    """Raise DatabaseUnavailable in place of an error that means the database is away; others pass. Yields once."""
    try:
        yield
    except SQLAlchemyError as error:
        if not is_outage(error):
            raise
        raise DatabaseUnavailable(type(error).__name__) from error
