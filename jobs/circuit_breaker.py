"""Circuit breaker of a lane: count what its provider rejects, and pause the broadcasts concerned.

Counted over a lane, for an outage is the provider's, whatever the broadcast; apart for what it answers and for what it
tells afterwards. A text that is rejected is counted by broadcast.
"""

import logging
import uuid
from collections import Counter, deque

from services.context import Desk
from services.loop import surviving
from services.outbox.circuit_breaker import PauseReason, hold_back, ignore_rejection
from services.outbox.sending import (
    Gone,
    Rejected,
    SendError,
    Stopped,
    Throttled,
    Unauthorized,
    Uncertain,
    Unreachable,
    WindowClosed,
)
from services.runner import Runner

log = logging.getLogger(__name__)

# Of the last results of a lane's broadcasts, so many refusals of one kind; or so many in a row.
LAST_RESULTS, MOST_REJECTIONS, REJECTIONS_IN_A_ROW = 20, 10, 5
SAME_TEXT_REJECTED = 3  # the provider will never take this text
MOST_TEXTS = 50  # messages whose refusals are counted at once
NOTHING_SAID = (Throttled, Unauthorized, Unreachable, Uncertain)
OF_PEOPLE = (Gone.__name__, Stopped.__name__, WindowClosed.__name__)


class RejectionCounter:
    """Refusals as they come; what to hold back, and why."""

    def __init__(self) -> None:
        self._last: dict[bool, deque[tuple[str, uuid.UUID, int]]] = {
            told: deque(maxlen=LAST_RESULTS) for told in (False, True)
        }
        self._texts: Counter[int] = Counter()
        self.held: dict[int, str] = {}  # messages held back, and the refusal that did it

    def pull(
        self, broadcast: int, id: uuid.UUID, error: SendError | None, told: bool = False
    ) -> tuple[str, list[uuid.UUID]] | None:
        """Take a result in. Returns why to pause and the rejections that say so; None while there is no reason."""
        if isinstance(error, NOTHING_SAID):
            return None
        kind = "" if error is None else type(error).__name__
        if isinstance(error, Rejected):
            self._texts[broadcast] += 1
        else:
            self._texts.pop(broadcast, None)
        if self._texts[broadcast] >= SAME_TEXT_REJECTED:
            del self._texts[broadcast]
            return PauseReason.REFUSALS, [id]
        if len(self._texts) > MOST_TEXTS:
            self._texts.clear()
        last = self._last[told]
        last.append((kind, id, broadcast))
        kinds = [each for each, _, _ in last]
        for each in OF_PEOPLE:
            if kinds.count(each) >= MOST_REJECTIONS or kinds[-REJECTIONS_IN_A_ROW:] == [each] * REJECTIONS_IN_A_ROW:
                suspects = [(id, of) for found, id, of in last if found == each]
                self.held |= {of: each for _, of in suspects}
                last.clear()
                return PauseReason.BRAKE, [id for id, _ in suspects]
        return None


class CircuitBreaker:
    """Counts what a lane's provider answers and tells, and holds messages back."""

    def __init__(self, runner: Runner, desk: Desk, channel: str) -> None:
        self.runner, self.desk, self.channel = runner, desk, channel
        self.counting = RejectionCounter()

    async def result(self, broadcast: int, id: uuid.UUID, error: SendError | None, told: bool = False) -> None:
        """Take a result of a broadcast: of its sending, or `told` by a receipt afterwards; pause what the provider
        rejects.
        """
        kind = "" if error is None else type(error).__name__
        with surviving("brake", channel=self.channel):  # the next refusals pull it again
            if kind and self.counting.held.get(broadcast) == kind:
                if await self.runner.run(ignore_rejection, self.desk, id):
                    return
                del self.counting.held[broadcast]  # somebody of the chamber lets it go on
            pulled = self.counting.pull(broadcast, id, error, told)
            held = 0 if pulled is None else await self.runner.run(hold_back, self.desk, *pulled)
            if pulled is not None and held:
                extra = {"channel": self.channel, "error": pulled[0], "count": held}
                log.error("messages to many are held back", extra=extra)
