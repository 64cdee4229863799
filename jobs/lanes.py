"""A lane is one sender: one owner at a time, its own pace, each contact's messages in order.

The intent to send is committed before the channel is called, so what a dead lane leaves behind is
seen as doubt: neither lost nor blindly repeated.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections import deque
from datetime import timedelta
from typing import Protocol

from services.desk import Desk
from services.outbox import Result, record, recover, take
from services.runner import MemoryAway, Runner
from services.sending import (
    TO_MANY,
    Gone,
    Parcel,
    Rejected,
    Sender,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)  # fmt: skip
from services.watching import BRAKE, REFUSALS, brake

log = logging.getLogger(__name__)

BURST = 20  # answers one chat may get at once
CHATS_A_RATE = 30  # a chat's own rate is this part of the lane's: one a second of Telegram's thirty
MOST_CHATS = 10_000
MOST_BRAKES = 50
WINDOW = 32  # sends in flight at most
# Messages to many in flight: what a kill leaves in doubt. As many as the rate fills while one call lasts.
CALL_LASTS = 0.15
IDLE = 0.5  # how often to look for what another process put down
HELD = 1.0
SWEEP = 60.0  # how often to look for what a lane that died left behind
LOST = timedelta(minutes=2)  # no call lasts as long
# A brake: of the last results of one message to many, so many refusals of one kind; or so many in a row.
SEEN, TOO_MANY, IN_A_ROW = 20, 10, 8
SAME_REFUSED = 3  # the provider will never take this text
REFUSED = 60.0  # our credentials are refused: wait for somebody to mend them


class Owned(Protocol):
    """The lock that makes this process the lane's one owner."""

    def hold(self) -> bool: ...

    def release(self) -> None: ...


class Pace:
    """At most `rate` sends a second, with a second's worth of burst; and pauses for the lane."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.tokens, self.filled = rate, time.monotonic()
        self.paused_until = 0.0

    def allowed(self) -> int:
        """How many may leave now."""
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        return 0 if now < self.paused_until else int(self.tokens)

    def spend(self, count: int) -> None:
        """Some left."""
        self.tokens -= count

    def pause(self, seconds: float) -> None:
        """Nothing leaves for a while."""
        self.paused_until = max(self.paused_until, time.monotonic() + seconds)


class Chats:
    """No single chat takes the lane: after a burst, its answers leave at its own small rate."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens: dict[str, tuple[float, float]] = {}

    async def turn(self, address: str, calls: int = 1) -> None:
        """Wait until this chat may be written to, with so many calls."""
        now = time.monotonic()
        tokens, since = self._tokens.get(address, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - since) * self.rate) - calls
        self._tokens[address] = (tokens, now)
        if len(self._tokens) > MOST_CHATS:
            self._tokens = {a: seen for a, seen in self._tokens.items() if now - seen[1] < 60}
        if tokens < 0:
            await asyncio.sleep(-tokens / self.rate)


class Brake:
    """Refusals of one kind, one message to many at a time: too many are no longer believed."""

    def __init__(self) -> None:
        self._last: dict[int, deque[tuple[str, str]]] = {}

    def pull(self, parcel: Parcel, error: SendError | None) -> tuple[str, list[str]] | None:
        """Take a result in; why to hold the message back, and the refusals that say so; or None."""
        if parcel.broadcast is None or isinstance(error, (Throttled, Unauthorized, Unreachable, Uncertain)):
            return None
        if len(self._last) > MOST_BRAKES:
            self._last.pop(next(iter(self._last)))
        last = self._last.setdefault(parcel.broadcast, deque(maxlen=SEEN))
        last.append(("" if error is None else type(error).__name__, str(parcel.id)))
        kinds = [kind for kind, _ in last]
        why = None
        if kinds[-SAME_REFUSED:] == [Rejected.__name__] * SAME_REFUSED:
            why = REFUSALS
        for kind in (Gone.__name__, Stopped.__name__, WindowClosed.__name__):
            if kinds.count(kind) >= TOO_MANY or kinds[-IN_A_ROW:] == [kind] * IN_A_ROW:
                why = BRAKE
        if why is None:
            return None
        suspects = [id for kind, id in last if kind]
        last.clear()
        return why, suspects


class Lane:
    """Sends what is in the outbox of one channel."""

    def __init__(
        self, runner: Runner, desk: Desk, channel: str, sender: Sender, lock: Owned, rate: float
    ) -> None:
        self.runner, self.desk, self.channel = runner, desk, channel
        self.sender, self.lock = sender, lock
        self.pace = Pace(rate)
        self.chats = Chats(rate / CHATS_A_RATE)
        self.owner = uuid.uuid4().hex
        self.bulk = max(4, round(rate * CALL_LASTS)) if rate < 1000 else WINDOW
        self._woken = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._bulk_sending = 0
        self._brake = Brake()
        self._swept_at = 0.0
        self._held_at = 0.0
        self._owns = False
        self._stopping = False

    def wake(self) -> None:
        """Something was put down."""
        self._woken.set()

    def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Own the lane and send, until `stop`; what is in flight is then brought to its end."""
        try:
            while not self._stopping:
                try:
                    if await self._own() and await self._send_some():
                        continue
                except MemoryAway as error:
                    extra = {"channel": self.channel, "error": type(error).__name__}
                    log.warning("the database does not answer the lane", extra=extra)
                    await asyncio.sleep(HELD)
                except Exception:  # marked place 2 of 3: a lane outlives a bug in one round
                    log.exception("lane failed", extra={"channel": self.channel})
                    await asyncio.sleep(HELD)
                await self._wait()
        finally:
            if self._sending:
                await asyncio.wait(self._sending, timeout=6)
            self.lock.release()

    async def _own(self) -> bool:
        """Whether the lane is ours; when it has just become ours, settle what was in doubt."""
        if self._owns and time.monotonic() - self._held_at < HELD:
            return True
        held = await asyncio.to_thread(self.lock.hold)
        self._held_at = time.monotonic()
        if held and not self._owns:
            self.owner = uuid.uuid4().hex
            doubtful = await self.runner.run(recover, self.desk, self.channel)
            if doubtful:
                extra = {"channel": self.channel, "count": doubtful}
                log.warning("messages were in doubt: sent again once", extra=extra)
        self._owns = held
        if held and time.monotonic() - self._swept_at > SWEEP:
            self._swept_at = time.monotonic()
            await self.runner.run(recover, self.desk, self.channel, self.owner, LOST)
        return held

    async def _send_some(self) -> bool:
        self._woken.clear()  # before looking: what comes while we look wakes us again
        if self._stopping:
            return False
        room = min(WINDOW - len(self._sending), self.pace.allowed())
        if room <= 0:
            return False
        bulk = self.bulk - self._bulk_sending
        parcels = await self.runner.run(take, self.desk, self.channel, self.owner, room, bulk)
        self.pace.spend(sum(parcel.weight for parcel in parcels))
        for parcel in parcels:
            self._bulk_sending += parcel.kind in TO_MANY
            task = asyncio.create_task(self._send(parcel, self.owner))
            self._sending.add(task)
            task.add_done_callback(self._ended)
        return bool(parcels)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._woken.set()  # there is room, and perhaps the contact's next message

    async def _send(self, parcel: Parcel, owner: str) -> None:
        try:
            await self._deliver(parcel, owner)
        finally:
            self._bulk_sending -= parcel.kind in TO_MANY

    async def _deliver(self, parcel: Parcel, owner: str) -> None:
        await self.chats.turn(parcel.address, parcel.weight)
        try:
            result = Result(parcel.id, provider_id=await self.sender.send(parcel))
        except SendError as error:
            result = Result(parcel.id, error=error)
            if isinstance(error, Throttled):
                self.pace.pause(error.retry_after)
            elif isinstance(error, Unauthorized):
                log.error("credentials refused; the lane waits", extra={"channel": self.channel})
                self.pace.pause(REFUSED)
        except Exception as error:  # marked place 2 of 3: an answer nobody foresaw is doubt, not the end
            log.exception("a send ended oddly", extra={"delivery": str(parcel.id)})
            result = Result(parcel.id, error=Uncertain(type(error).__name__))
        while True:
            try:
                await self.runner.run(record, self.desk, owner, (result,))
                break
            except MemoryAway:  # the result is known: hold it until it is kept
                log.exception("result not recorded", extra={"delivery": str(parcel.id)})
                await asyncio.sleep(HELD)
        pulled = self._brake.pull(parcel, result.error)
        if pulled is not None and parcel.broadcast is not None:
            why, suspects = pulled
            with contextlib.suppress(MemoryAway):  # the next refusals pull it again
                if await self.runner.run(brake, self.desk, parcel.broadcast, why, suspects):
                    log.error("a message to many is held back", extra={"channel": self.channel, "error": why})

    async def _wait(self) -> None:
        """Until something is put down or ends; at our pace's end, until it allows the next."""
        if self._stopping:
            return
        if self._owns and self.pace.allowed() == 0:
            await asyncio.sleep(1 / self.pace.rate)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE):
                await self._woken.wait()
