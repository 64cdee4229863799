"""The watch: every few seconds what the doors counted is kept; troubles are looked for, and told."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

from jobs.lanes import Lane
from locales.server import told
from services.context import Desk
from services.loop import surviving
from services.people.status import Alert, size, tell_troubles
from services.runner import DatabaseUnavailable, Runner
from services.troubles import TroubleKind, note_trouble
from services.unheard import Unheard, UnheardReason
from services.watch import keep_unheard, look_for_troubles

log = logging.getLogger(__name__)

WATCH_SECONDS = 10.0
LEAST_FREE_BYTES = 500_000_000
AWAY_SECONDS, TOLD_AGAIN_SECONDS = 60.0, 3600.0
POSTS = 3  # tries to post an alert
POST_AGAIN_SECONDS = 5.0

Post = Callable[[Alert], Awaitable[bool]]
Free = Callable[[Path], int]


class Watch:
    """Keeps, looks, tells. `place`: whose disk must not fill up; `post`: tells somebody beside the chat; `free`: how
    many bytes are free there.
    """

    def __init__(
        self,
        runner: Runner,
        desk: Desk,
        unheard: Unheard,
        lanes: Mapping[str, Lane],
        place: Path | None,
        post: Post | None,
        free: Free,
    ) -> None:
        self.runner, self.desk, self.unheard, self.lanes = runner, desk, unheard, lanes
        self.place, self.post, self.free = place, post, free
        self._away_since: float | None = None
        self._told_away = -TOLD_AGAIN_SECONDS
        self._kept: Counter[tuple[str, UnheardReason]] = Counter()
        self._told: dict[str, dict[str, datetime]] = {"heard": {}, "sent": {}}

    async def run(self, every: float = WATCH_SECONDS) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(every)
            with surviving("watch"):
                try:
                    await self.look()
                    self._away_since = None
                except DatabaseUnavailable:
                    await self._tell_of_the_database()
                    raise

    async def _tell_of_the_database(self) -> None:
        """The memory itself is away: only ALERT_URL can hear of it, once an hour."""
        now = time.monotonic()
        self._away_since = now if self._away_since is None else self._away_since
        if now - self._away_since < AWAY_SECONDS or now - self._told_away < TOLD_AGAIN_SECONDS:
            return
        self._told_away = now
        text = told("doctor.no_database", "fr", {"why": "-"})
        await self._post(Alert("database", "", self.desk.clock.now(), 1, text))

    async def look(self) -> None:
        """Keep what was counted, look for troubles, tell what is to be told. Raises DatabaseUnavailable."""
        await self._keep()
        left = self._left()
        if left is not None and left < LEAST_FREE_BYTES:
            await self.runner.run(note_trouble, self.desk, TroubleKind.DISK, "", 1, size(left))
        await self.runner.run(look_for_troubles, self.desk, tuple(self.lanes))
        alerts = await self.runner.run(tell_troubles, self.desk)
        for alert in alerts:
            log.warning("told the admins: %s", alert.kind, extra={"channel": alert.channel, "count": alert.count})
            await self._post(alert)
        if alerts:
            for lane in self.lanes.values():
                lane.wake()

    def _left(self) -> int | None:
        """How many bytes are free; None where nobody can say."""
        try:
            return None if self.place is None else self.free(self.place)
        except OSError:
            return None

    async def _keep(self) -> None:
        counts = Counter(self.unheard.counts)
        fresh = {key: count - self._kept[key] for key, count in counts.items() if count > self._kept[key]}
        units = [self.unheard.units.popleft() for _ in range(len(self.unheard.units))]
        heard = {name: at for name, at in self.unheard.heard_at.items() if at != self._told["heard"].get(name)}
        moments = {name: lane.sent_at for name, lane in self.lanes.items() if lane.sent_at is not None}
        sent = {name: at for name, at in moments.items() if at != self._told["sent"].get(name)}
        if fresh or units or heard or sent:
            kept = False
            try:
                await self.runner.run(keep_unheard, self.desk, fresh, units, heard, sent)
                kept = True
            finally:
                if not kept:  # they come again with the next look
                    self.unheard.units.extendleft(reversed(units))
        self._kept = counts
        self._told["heard"].update(heard)
        self._told["sent"].update(sent)

    async def _post(self, alert: Alert) -> None:
        """Best effort: what cannot be posted stands in the chat, in `doctor` and in the metrics all the same."""
        if self.post is None:
            return
        for tried in range(POSTS):
            if await self.post(alert):
                return
            if tried < POSTS - 1:
                await asyncio.sleep(POST_AGAIN_SECONDS)
        log.warning("an alert could not be posted to ALERT_URL")
