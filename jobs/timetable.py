"""The desk's clock: APScheduler, in memory. Its jobs only say "look at the tables".

What is late is late by the tables' own policy, so a missed run costs nothing and two clocks are
harmless: what was done once is not done again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.orm import Session
from typing_extensions import override

from services.broadcasts.approval import drop_lapsed
from services.broadcasts.fanout import enqueue_due_batches
from services.broadcasts.held import ask_about_hold
from services.broadcasts.monitor import start_due_broadcasts, watch_broadcasts
from services.context import Desk
from services.loop import surviving
from services.people.assessments import review_page
from services.people.duplicates import compare_files
from services.people.journal import tell_monday
from services.people.nudges import nudge_drafts
from services.people.request_ring import ring_waiting
from services.people.staff import let_sleep
from services.people.unanswered import tell_of_unanswered
from services.privacy.erasure import erase_due
from services.privacy.retention import apply_retention
from services.restore_guard import BEAT_EVERY, clock_is_doubted, note_alive
from services.runner import Runner
from services.sessions.announcing import start_due_announcements
from services.sessions.reminders import announce_sessions, follow_up_sessions, remind_sessions

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
MINUTE_SECONDS = 60.0
CHORES_AT_MINUTE = 7  # of every hour: a chore of the day that failed at midnight is tried again
WENT_BACK = timedelta(seconds=5)
BREATH_SECONDS = 0.2  # between two pages of a chore, so that replies go between

ClockJob = Callable[[Session, Desk], int]
# Somebody waits for these: a broadcast that starts, ends and fills, the last of them.
LOOKS: tuple[ClockJob, ...] = (
    announce_sessions,
    start_due_announcements,
    start_due_broadcasts,
    watch_broadcasts,
    enqueue_due_batches,
)
BEATS: tuple[ClockJob, ...] = (note_alive, ask_about_hold)
# Due at an hour of the wall, or after hours.
MINUTES: tuple[ClockJob, ...] = (
    ring_waiting,
    remind_sessions,
    follow_up_sessions,
    drop_lapsed,
    nudge_drafts,
    erase_due,
)
# A page at a time, until a page is empty. New files are compared within the minute, the rest is the day's.
COMPARING: tuple[ClockJob, ...] = (compare_files,)
CHORES: tuple[ClockJob, ...] = (review_page, apply_retention, let_sleep, tell_of_unanswered, tell_monday)
CLOCK_JOBS: tuple[ClockJob, ...] = (*BEATS, *MINUTES, *COMPARING, *CHORES, *LOOKS)


class Every(BaseTrigger):  # type: ignore[misc]
    """Every so often. Where the wall clock leapt ahead, once and then from now on: the library's own interval would
    count every time that was missed, for minutes.
    """

    def __init__(self, interval: timedelta) -> None:
        self.interval = interval

    @override
    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when it is due next: never before now."""
        if previous_fire_time is None:
            return now + self.interval
        after = previous_fire_time + self.interval
        return after if after > now else now + self.interval


async def _keep_up(scheduler: AsyncIOScheduler, every: float) -> None:
    """Give every job its next time anew where the wall clock went back: it would wait until the clock is there again.
    Ends when cancelled.
    """
    last = datetime.now(UTC)
    while True:
        await asyncio.sleep(every)
        now = datetime.now(UTC)
        if now < last - WENT_BACK:
            log.warning("the clock went back: what is due is looked at by the hour it is now")
            for job in scheduler.get_jobs():
                job.reschedule(job.trigger)
        last = now


class Timetable:
    """Looks at what is due, and wakes the lanes."""

    def __init__(self, runner: Runner, desk: Desk, wake: Callable[[], None]) -> None:
        self.runner, self.desk, self.wake = runner, desk, wake

    async def look(self) -> None:
        """Do everything that is due now, once. Raises what a job raises."""
        for job in CLOCK_JOBS:
            while await self._ask(job) and job is enqueue_due_batches:
                pass

    async def run(self, every: float = LOOK_SECONDS) -> None:
        """Do everything that is due, then what is due at each job's own times, until cancelled.

        `every`: seconds between two looks; nothing else that has an interval comes more often.
        """
        scheduler = AsyncIOScheduler(timezone=self.desk.clock.zone)
        options: dict[str, Any] = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}

        def add(work: Callable[[tuple[ClockJob, ...]], Any], jobs: tuple[ClockJob, ...], trigger: Any) -> None:
            scheduler.add_job(_until_stopped, trigger, args=(work, jobs), **options)

        def interval(seconds: float) -> Every:
            return Every(timedelta(seconds=max(every, seconds)))

        add(self._together, LOOKS, interval(0))
        add(self._together, BEATS, interval(BEAT_EVERY.total_seconds()))
        add(self._together, MINUTES, interval(MINUTE_SECONDS))
        add(self._by_pages, COMPARING, interval(MINUTE_SECONDS))
        add(self._by_pages, CHORES, CronTrigger(minute=CHORES_AT_MINUTE, timezone=self.desk.clock.zone))
        scheduler.start()
        try:
            await self.begin()
            await _keep_up(scheduler, max(every, 0.05))
        finally:
            scheduler.pause()
            await asyncio.sleep(0)  # what was just handed out begins, and hears of the stop as a job does
            scheduler.shutdown(wait=False)

    async def begin(self) -> None:
        """Do everything that is due at the start; a job that fails is in the log, and the others go on."""
        await self._together((*BEATS, *MINUTES, *LOOKS))
        await self._by_pages((*COMPARING, *CHORES))

    async def _together(self, jobs: tuple[ClockJob, ...]) -> None:
        """Ask jobs at once, so that the runner gives them one transaction; go on filling what is on its way, a batch
        a transaction: replies go between.
        """
        found = await asyncio.gather(*(self._survive(job) for job in jobs))
        filling = enqueue_due_batches in jobs and found[jobs.index(enqueue_due_batches)]
        while filling:
            filling = await self._survive(enqueue_due_batches)

    async def _by_pages(self, jobs: tuple[ClockJob, ...]) -> None:
        """Ask each job again until it finds nothing more."""
        for job in jobs:
            found = await self._survive(job)
            while found:
                await asyncio.sleep(BREATH_SECONDS)
                found = await self._survive(job)

    async def _survive(self, job: ClockJob) -> int:
        """Ask a job. Returns what it found; 0 when it failed: the others go on, it is asked again at its next time."""
        found = 0
        with surviving("clock", use_case=job.__name__):
            found += await self._ask(job)
        return found

    async def _ask(self, job: ClockJob) -> int:
        found = await self.runner.run(job if job in BEATS else _by_a_clock_that_agrees(job), self.desk)
        if found:
            self.wake()
        return found


def _by_a_clock_that_agrees(job: ClockJob) -> ClockJob:
    """Return the job, which finds nothing due while the clock is doubted."""

    @wraps(job)
    def guarded(db: Session, desk: Desk) -> int:
        return 0 if clock_is_doubted(db, desk) else job(db, desk)

    return guarded


async def _until_stopped(work: Callable[[tuple[ClockJob, ...]], Any], jobs: tuple[ClockJob, ...]) -> None:
    """A stop in the middle of a job is no error: what it had not committed is left to the next start."""
    with contextlib.suppress(asyncio.CancelledError):
        await work(jobs)
