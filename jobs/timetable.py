"""The desk's clock: APScheduler, in memory. Its jobs only say "look at the tables".

What is late is late by the tables' own policy, so a missed run costs nothing and two clocks are
harmless: what was done once is not done again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy.orm import Session

from services.broadcasts.approval import drop_lapsed
from services.broadcasts.fanout import enqueue_due_batches
from services.broadcasts.monitor import start_due_broadcasts, watch_broadcasts
from services.context import Desk
from services.loop import surviving
from services.people.assessments import review_page
from services.people.duplicates import compare_files
from services.people.nudges import nudge_drafts
from services.privacy.erasure import erase_due
from services.privacy.retention import apply_retention
from services.restore_guard import note_alive
from services.runner import Runner
from services.sessions.reminders import announce_sessions, follow_up_sessions, remind_sessions

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0  # seconds
CLOCK_JOBS = (
    note_alive,
    announce_sessions,
    remind_sessions,
    follow_up_sessions,
    start_due_broadcasts,
    watch_broadcasts,
    drop_lapsed,
    review_page,
    compare_files,
    nudge_drafts,
    erase_due,
    apply_retention,
)


class Timetable:
    """Looks at what is due, and wakes the lanes."""

    def __init__(self, runner: Runner, desk: Desk, wake: Callable[[], None]) -> None:
        self.runner, self.desk, self.wake = runner, desk, wake

    async def look(self) -> None:
        """Everything that is due now, once."""
        for use_case in CLOCK_JOBS:
            await self._ask(use_case)
        await self._fill()

    async def _fill(self) -> None:
        """The rows of those on their way, a batch a transaction: replies go between."""
        while await self.runner.run(enqueue_due_batches, self.desk):
            self.wake()

    async def run(self, every: float = LOOK_SECONDS) -> None:
        """Look again and again, until cancelled."""
        scheduler = AsyncIOScheduler(timezone=self.desk.clock.zone)
        asked: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        scheduler.add_job(self._look_until_stopped, "interval", seconds=every, **asked)
        scheduler.start()
        await self._look()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _ask(self, use_case: Callable[[Session, Desk], int]) -> None:
        if await self.runner.run(use_case, self.desk):
            self.wake()

    async def _look_until_stopped(self) -> None:
        """A stop in the middle of a look is no error: what it had not committed is left to the next start."""
        with contextlib.suppress(asyncio.CancelledError):
            await self._look()

    async def _look(self) -> None:
        for use_case in CLOCK_JOBS:
            with surviving("clock", use_case=use_case.__name__):
                await self._ask(use_case)
        with surviving("clock", use_case=enqueue_due_batches.__name__):
            await self._fill()
