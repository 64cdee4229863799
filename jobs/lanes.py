"""A lane is one sender: one owner at a time, its own pace, each contact's messages in order.

The intent to send is committed before the channel is called, so what a dead lane leaves behind is
seen as doubt: neither lost nor blindly repeated.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from jobs.circuit_breaker import CircuitBreaker
from jobs.pace import CHATS_A_RATE, Chats, Pace, in_flight
from jobs.results import Results
from services.context import Desk
from services.delivery.outbox import SendResult, recover_uncertain, take
from services.loop import surviving
from services.outbox.sending import TO_MANY, Outgoing, Sender, SendError, Throttled, Unauthorized, Uncertain
from services.runner import Runner

log = logging.getLogger(__name__)

ANSWERS_ASIDE = 16  # beside them, what one person awaits always finds room
QUARTERS = 4  # a look for more of them is worth its while once a quarter has ended
IDLE_SECONDS = 0.5  # how often to look for what another process enqueued
HOLD_SECONDS = 1.0
SWEEP_SECONDS = 60.0  # how often to look for what a lane that died left behind
LOST_AFTER = timedelta(minutes=2)  # no call lasts as long
REFUSED_SECONDS = 60.0  # our credentials are refused: wait for somebody to mend them


class LaneLock(Protocol):
    """The lock that makes this process the lane's one owner."""

    def hold(self) -> bool:
        """Return whether this process owns the lane now. Raises DatabaseUnavailable."""
        ...

    def release(self) -> None:
        """Let the lane go."""
        ...


class Lane:
    """Sends what is in the outbox of one channel."""

    def __init__(
        self, runner: Runner, desk: Desk, channel: str, sender: Sender, lock: LaneLock, rate: float, paid: float = 0
    ) -> None:
        """`rate`: messages a second; `paid`: broadcasts have a rate of their own, which is paid for."""
        self.runner, self.desk, self.channel = runner, desk, channel
        self.sender, self.lock = sender, lock
        self.pace = Pace(rate)
        self.many = Pace(paid) if paid else self.pace
        self.chats = Chats(rate / CHATS_A_RATE)
        self.owner = uuid.uuid4().hex
        self.bulk = in_flight(paid or rate)
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._flying: set[uuid.UUID] = set()
        self._bulk_sending = 0
        self._results = Results(runner, desk)
        self.breaker = CircuitBreaker(runner, desk, channel)
        self._swept_at = 0.0
        self._held_at = 0.0
        self._owns = False
        self._stopping = False
        self._careful = False
        self.sent_at: datetime | None = None

    def wake(self) -> None:
        """Look at once: something was enqueued."""
        self._woken.set()

    def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Own the lane and send, until `stop`; what is in flight is then brought to its end."""
        try:
            while not self._stopping:
                failed = True
                with surviving("lane", channel=self.channel):
                    if await self._own():
                        await self._send_some()
                    failed = False
                if failed:
                    await asyncio.sleep(HOLD_SECONDS)
                await self._wait()
        finally:
            if self._sending:
                await asyncio.wait(self._sending, timeout=6)
            self.lock.release()

    async def _own(self) -> bool:
        """Whether the lane is ours; when it has just become ours, settle what was uncertain."""
        if self._owns and time.monotonic() - self._held_at < HOLD_SECONDS:
            return True
        held = await asyncio.to_thread(self.lock.hold)
        self._held_at = time.monotonic()
        if held and not self._owns:
            self.owner = uuid.uuid4().hex
            doubtful = await self.runner.run(recover_uncertain, self.desk, self.channel, frozenset(self._flying))
            if doubtful:
                extra = {"channel": self.channel, "count": doubtful}
                log.warning("messages were in doubt: sent again once", extra=extra)
        self._owns = held
        if held and time.monotonic() - self._swept_at > SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            await self.runner.run(recover_uncertain, self.desk, self.channel, frozenset(self._flying), LOST_AFTER)
        return held

    async def _send_some(self) -> None:
        self._woken.clear()  # before looking: what comes while we look wakes us again
        room = ANSWERS_ASIDE + self.bulk - len(self._sending)
        bulk = min(self.bulk - self._bulk_sending, self.many.allowed())
        answers = min(room, self.pace.allowed())
        if self.many is self.pace:
            room = answers
        if self._stopping or room <= 0 or max(answers, bulk) <= 0:
            return
        careful, self._careful = self._careful, True  # a look that fails is taken again, a message at a time
        outgoings = await self.runner.run(take, self.desk, self.channel, self.owner, room, bulk, answers, careful)
        self._careful = False
        for outgoing in outgoings:
            to_many = outgoing.kind in TO_MANY
            (self.many if to_many else self.pace).spend(outgoing.weight)
            self._bulk_sending += to_many
            self._flying.add(outgoing.id)
            task = asyncio.create_task(self._send(outgoing, self.owner))
            self._sending.add(task)
            task.add_done_callback(partial(self._ended, to_many))

    def _ended(self, to_many: bool, task: asyncio.Task[None]) -> None:
        """There is room, and perhaps the contact's next message; of those to many, for a few at once."""
        self._sending.discard(task)
        few = self.bulk - self._bulk_sending < self.bulk // QUARTERS
        if not (to_many and few and self._sending):
            self._woken.set()

    async def _send(self, outgoing: Outgoing, owner: str) -> None:
        try:
            await self._deliver(outgoing, owner)
        finally:
            self._bulk_sending -= outgoing.kind in TO_MANY
            self._flying.discard(outgoing.id)

    async def _deliver(self, outgoing: Outgoing, owner: str) -> None:
        await self.chats.turn(outgoing.address, outgoing.weight, unasked=outgoing.kind in TO_MANY)
        result = await self._result(outgoing)
        await self._results.keep(owner, result)
        if outgoing.broadcast is not None:
            await self.breaker.result(outgoing.broadcast, outgoing.id, result.error)

    def pause(self, seconds: float) -> None:
        """Let nothing leave for some seconds: the provider said so."""
        for pace in {self.pace, self.many}:
            pace.pause(seconds)

    @property
    def waits(self) -> bool:
        """Return whether the provider wants nothing now."""
        return self.pace.waits() > 0

    async def _result(self, outgoing: Outgoing) -> SendResult:
        """Call the channel, and say how it ended; nothing is written while the lane waits."""
        if (wait := self.pace.waits()) > 0:
            return SendResult(outgoing.id, error=Throttled(wait))
        try:
            provider_id = await self.sender.send(outgoing)
            self.sent_at = self.desk.clock.now()
            return SendResult(outgoing.id, provider_id=provider_id)
        except SendError as error:
            if isinstance(error, Throttled):
                self.pause(error.retry_after)
            elif isinstance(error, Unauthorized):
                log.error("credentials refused; the lane waits", extra={"channel": self.channel})
                self.pause(REFUSED_SECONDS)
            return SendResult(outgoing.id, error=error)
        except Exception as error:  # marked place 2 of 3: an answer nobody foresaw is doubt, not the end
            log.exception("a send ended oddly", extra={"delivery": str(outgoing.id)})
            return SendResult(outgoing.id, error=Uncertain(type(error).__name__))

    async def _wait(self) -> None:
        """Until something is enqueued or ends; at our pace's end, until it allows the next."""
        if self._stopping:
            return
        if self._owns and self.pace.allowed() == 0 and self.many.allowed() == 0:
            await asyncio.sleep(1 / self.many.rate)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await self._woken.wait()
