"""One owner at a time: a lock that the operating system or the server drops when its holder dies."""

import fcntl
import hashlib
import os
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from models.outage import is_outage, telling_outages


class Lock(Protocol):
    """A lock by name, held by one process of all those that share a database."""

    def hold(self) -> bool:
        """Take it, or find it still held. Returns False when somebody else has it. Raises DatabaseUnavailable."""
        ...

    def release(self) -> None:
        """Let it go."""
        ...


def named_lock(engine: sa.Engine, name: str) -> Lock:
    """Return the lock of a name beside (SQLite) or in (PostgreSQL) a database."""
    if engine.dialect.name == "sqlite":
        return FileLock(Path(f"{engine.url.database}.{name}.lock"))
    return ServerLock(engine, name)


class FileLock:
    """flock(2) on a file beside the database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def hold(self) -> bool:
        """Take the file's lock. Returns False when another process has it."""
        if self._file is not None:
            return True
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let it go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class ServerLock:
    """A session advisory lock; gone with its connection, so `hold` asks the server each time."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self.engine = engine
        digest = hashlib.sha256(f"hirfa|{name}".encode()).digest()
        self.number = int.from_bytes(digest[:8], signed=True)
        self._connection: sa.Connection | None = None

    def hold(self) -> bool:
        """Take the advisory lock, or ask the server whether it is still ours. Returns False when another has it.
        Raises DatabaseUnavailable.
        """
        if self._connection is not None:
            try:
                self._connection.exec_driver_sql("SELECT 1")
                self._connection.commit()
                return True
            except SQLAlchemyError as error:
                self.release()
                if not is_outage(error):
                    raise
        with telling_outages():
            connection = self.engine.connect()
            taken = connection.scalar(sa.select(sa.func.pg_try_advisory_lock(self.number)))
            connection.commit()
        if not taken:
            connection.close()
            return False
        connection.detach()  # this connection is the lock: it never goes back to the pool
        self._connection = connection
        return True

    def release(self) -> None:
        """Let it go."""
        if self._connection is not None:
            self._connection.close()  # detached: the server's session ends, and the lock with it
            self._connection = None
