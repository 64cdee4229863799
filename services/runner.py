"""The one writer thread: async edges hand it use cases, it runs what waits in one transaction.

Each use case has a session of its own on a savepoint, so one that raises has touched nothing: a bug, in SQL
too, is undone alone and counted. When the transaction itself fails (a race of two processes, a deadlock, a
database that went away), each is run again alone.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models.outage import DatabaseUnavailable as DatabaseUnavailable
from models.outage import is_outage, is_race, telling_outages

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")
JOBS_A_TRANSACTION = 64
MOST_ATTEMPTS = 5
CLOSE_SECONDS = 4.0  # seconds for the writer to end when the desk stops


@dataclass(slots=True)
class Job:
    """A use case waiting for the writer."""

    name: str
    work: Callable[[Session], Any]
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"
    result: Any = None
    error: Exception | None = None
    committed: bool = False


class Runner:
    """`await run(use_case, ...)` from the event loop; `read` for what only looks.

    Both raise DatabaseUnavailable when the database is away, and what the use case raises when it is a bug.
    `committed(name, result)` is told of each use case right after its commit, in the writer. `faults` counts
    the bugs of each use case since the start, by its name.
    """

    def __init__(
        self,
        writer: sa.Engine,
        reader: sa.Engine,
        committed: Callable[[str, Any], None] | None = None,
    ) -> None:
        self.writer, self.reader = writer, reader
        self.committed = committed
        self.faults: Counter[str] = Counter()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    async def run(self, use_case: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a use case in a transaction. Returns its result after the commit. Raises DatabaseUnavailable, and what
        the use case raises.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(Job(use_case.__name__, lambda db: use_case(db, *args, **kwargs), loop, future))
        return await future

    async def read(self, look: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Look at the database on the readers' engine, in a thread. Returns what is found. Raises
        DatabaseUnavailable, and what the look raises.
        """

        def reading() -> T:
            with telling_outages(), Session(self.reader) as db:
                return look(db, *args, **kwargs)

        try:
            return await asyncio.to_thread(reading)
        except DatabaseUnavailable:
            raise
        except Exception:  # marked place 1 of 3: counted here, it goes on to who asked
            self.faults[look.__name__] += 1
            raise

    def close(self) -> None:
        """Finish what was handed in, then let the engines go."""
        self._jobs.put(None)
        self._thread.join(CLOSE_SECONDS)
        if self._thread.is_alive():
            log.error("the database holds the writer: what it had not committed is left to the next start")
            return
        self.writer.dispose()
        self.reader.dispose()

    # -- in the writer thread -----------------------------------------------------------------

    def _write(self) -> None:
        while True:
            jobs: list[Job] = []
            job = self._jobs.get()
            while job is not None:
                jobs.append(job)
                if len(jobs) == JOBS_A_TRANSACTION:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            if jobs:
                self._together(jobs)
            if job is None:
                return

    def _together(self, jobs: list[Job]) -> None:
        try:
            if len(jobs) > 1:
                self._in_one(jobs)
        except (SQLAlchemyError, DatabaseUnavailable) as error:
            extra = {"error": type(error).__name__, "outage": is_outage(error), "count": len(jobs)}
            log.info("a shared transaction failed; its use cases run alone", extra=extra)
        for each in jobs:
            if not each.committed:
                self._alone(each)
            _tell(each)

    def _in_one(self, jobs: list[Job]) -> None:
        """Run jobs in one transaction, a savepoint each. Raises SQLAlchemyError of an outage or a race."""
        with self.writer.connect() as connection, connection.begin():
            for job in jobs:
                with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as db:
                    _attempt(job, db)
        for job in jobs:
            self._done(job)

    def _alone(self, job: Job) -> None:
        """Run one use case in its own transaction; again, up to ALONE times, when another was quicker."""
        for tried in range(1, MOST_ATTEMPTS + 1):
            try:
                with telling_outages(), Session(self.writer, expire_on_commit=False) as db:
                    _attempt(job, db)
            except DatabaseUnavailable as error:
                job.error = error
                return
            except SQLAlchemyError as error:
                job.error = error
                if not is_race(error):
                    break
                time.sleep(0.01 * tried)
            else:
                self._done(job)
                return
        self.faults[job.name] += 1

    def _done(self, job: Job) -> None:
        job.committed = True
        if job.error is not None:
            self.faults[job.name] += 1
        elif self.committed is not None:
            self.committed(job.name, job.result)


def _attempt(job: Job, db: Session) -> None:
    """Run and commit; a bug is undone alone. Raises SQLAlchemyError of an outage or of a race."""
    job.error = None
    try:
        job.result = job.work(db)
        db.commit()
    except Exception as error:  # marked place 1 of 3: the writer outlives any bug of a use case
        if is_outage(error) or is_race(error):
            raise
        db.rollback()
        job.error = error


def _tell(job: Job) -> None:
    try:
        job.loop.call_soon_threadsafe(_settle, job)
    except RuntimeError:
        log.warning("the loop was closed before a use case ended", extra={"use_case": job.name})


def _settle(job: Job) -> None:
    if job.future.cancelled():
        return
    if job.error is not None:
        job.future.set_exception(job.error)
    else:
        job.future.set_result(job.result)
