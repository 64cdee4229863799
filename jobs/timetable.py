"""The desk's clock: APScheduler, in memory. Its jobs only say "look at the tables".

What is late is late by the tables' own policy, so a missed run costs nothing and two clocks are
harmless: what was done once is not done again.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services.broadcasts import watch
from services.desk import Desk
from services.reminders import announce, remind
from services.runner import MemoryAway, Runner

log = logging.getLogger(__name__)

EVERY = 2.0  # seconds


class Timetable:
    """Looks at what is due, and wakes the lanes."""

    def __init__(self, runner: Runner, desk: Desk, wake: Callable[[], None]) -> None:
        self.runner, self.desk, self.wake = runner, desk, wake

    async def look(self) -> None:
        """Everything that is due now, once."""
        found = 0
        for use_case in (announce, remind, watch):
            found += await self.runner.run(use_case, self.desk)
        if found:
            self.wake()

    async def run(self, every: float = EVERY) -> None:
        """Look again and again, until cancelled."""
        scheduler = AsyncIOScheduler(timezone=self.desk.clock.zone)
        asked: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        scheduler.add_job(self._look, "interval", seconds=every, **asked)
        scheduler.start()
        await self._look()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _look(self) -> None:
        try:
            await self.look()
        except MemoryAway as error:
            log.warning("the database does not answer the clock", extra={"error": type(error).__name__})
        except Exception:  # marked place 2 of 3: one bad row must not stop the clock
            log.exception("the clock failed")
