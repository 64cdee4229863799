"""Each contact's messages in their order, different contacts at once."""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta

from services.context import Desk
from services.loop import surviving
from services.runner import DatabaseUnavailable, Runner
from services.turns.converse import TurnDone, converse, count_failure
from services.turns.waiting import contacts_waiting

log = logging.getLogger(__name__)

ORPHANED_AFTER = timedelta(seconds=2)  # a message this old was left behind by a process that died
RETRY_TURN_SECONDS = 1.0

After = Callable[[TurnDone], None]


class Turns:
    """A keyed lock over contacts: one turn at a time for each, as many contacts as there are."""

    def __init__(self, runner: Runner, desk: Desk, after: Mapping[str, After], wake: Callable[[str], None]) -> None:
        """`after` tells a channel that a turn is done; `wake` tells its lane there is a reply."""
        self.runner, self.desk = runner, desk
        self.after, self.wake_lane = after, wake
        self._tasks: dict[uuid.UUID, asyncio.Task[None]] = {}
        self._again: set[uuid.UUID] = set()

    def wake(self, contact_id: uuid.UUID) -> None:
        """A message of this contact was stored."""
        if contact_id in self._tasks:
            self._again.add(contact_id)
            return
        task = asyncio.create_task(self._serve(contact_id))
        self._tasks[contact_id] = task
        task.add_done_callback(lambda _: self._served(contact_id))

    async def settled(self, contact_id: uuid.UUID) -> None:
        """Wait until the contact's messages so far have had their turns."""
        while (task := self._tasks.get(contact_id)) is not None:
            await asyncio.wait([task])

    async def sweep(self, every: float = 1.0) -> None:
        """Finish what was stored and never had its turn: at start, then as long as we run."""
        age = timedelta(0)
        while True:
            with surviving("sweep of turns"):
                for contact_id in await self.runner.read(contacts_waiting, self.desk, age):
                    self._again.add(contact_id)
                    self.wake(contact_id)
                age = ORPHANED_AFTER
            await asyncio.sleep(every)

    async def close(self) -> None:
        """Let the turns that run come to their end."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=4)

    def _served(self, contact_id: uuid.UUID) -> None:
        del self._tasks[contact_id]
        if contact_id in self._again:
            self._again.discard(contact_id)
            self.wake(contact_id)

    async def _serve(self, contact_id: uuid.UUID) -> None:
        while True:
            backlog = contact_id in self._again
            self._again.discard(contact_id)
            turned = await self._turn(contact_id)
            if turned is not None:
                self.after.get(turned.channel, _nothing)(turned)
                self.wake_lane(turned.channel)
            if turned is None or not (backlog or contact_id in self._again):
                return
            self._again.add(contact_id)  # a backlog is served to its end

    async def _turn(self, contact_id: uuid.UUID) -> TurnDone | None:
        while True:
            try:
                return await self.runner.run(converse, self.desk, contact_id)
            except DatabaseUnavailable as error:  # no fault of the message: not counted, the sweep comes back to it
                extra = {"contact": str(contact_id), "error": type(error).__name__}
                log.warning("the database does not answer a turn", extra=extra)
                return None
            except Exception:  # marked place 2 of 3: one message must not stop the others
                log.exception("turn failed", extra={"contact": str(contact_id)})
            again = False
            with surviving("counting of a failed turn", contact=str(contact_id)):  # the sweep comes back to it
                again = await self.runner.run(count_failure, self.desk, contact_id)
                if not again:
                    for channel in self.desk.channels:
                        self.wake_lane(channel)
                    self._again.add(contact_id)
            if not again:
                return None
            await asyncio.sleep(RETRY_TURN_SECONDS)


def _nothing(turned: TurnDone) -> None:
    """A channel that wants no word after a turn."""
