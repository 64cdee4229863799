"""How fast a lane sends: as a whole, to one chat, and how many at once."""

import asyncio
import math
import time

BURST = 20  # answers one chat may get at once
CHATS_A_RATE = 30  # a chat's own rate is this part of the lane's: one a second of Telegram's thirty
MOST_CHATS = 10_000
# Broadcasts in flight: what a kill leaves uncertain. As many as the rate fills while one call lasts.
CALL_SECONDS, FEWEST_IN_FLIGHT, MOST_IN_FLIGHT = 0.15, 4, 64


class Pace:
    """At most `rate` sends a second, with a second's worth of burst; and pauses for the lane."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.tokens, self.filled = rate, time.monotonic()
        self.paused_until = 0.0

    def allowed(self) -> int:
        """Return how many may leave now."""
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.filled) * self.rate)
        self.filled = now
        return 0 if self.waits() > 0 else int(self.tokens)

    def spend(self, count: int) -> None:
        """Some left."""
        self.tokens -= count

    def waits(self) -> float:
        """Return the seconds until anything may leave."""
        return max(0.0, self.paused_until - time.monotonic())

    def pause(self, seconds: float) -> None:
        """Nothing leaves for a while."""
        self.paused_until = max(self.paused_until, time.monotonic() + seconds)


def in_flight(rate: float) -> int:
    """Return how many broadcast deliveries may be in flight on a lane of so many messages a second."""
    return min(MOST_IN_FLIGHT, max(FEWEST_IN_FLIGHT, round(rate * CALL_SECONDS)))


class Chats:
    """No single chat takes the lane: after a burst, its answers leave at its own small rate.

    What nobody asked for never follows another message sooner than that rate allows.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._tokens: dict[str, tuple[float, float]] = {}

    async def turn(self, address: str, calls: int = 1, *, unasked: bool = False) -> None:
        """Wait until this chat may be written to, with so many calls."""
        now = time.monotonic()
        tokens, since = self._tokens.get(address, (float(BURST), -math.inf))
        gap = since + 1 / self.rate - now if unasked else 0.0
        tokens = min(float(BURST), tokens + (now - since) * self.rate) - calls
        self._tokens[address] = (tokens, now + max(gap, 0.0))
        if len(self._tokens) > MOST_CHATS:
            self._tokens = {a: seen for a, seen in self._tokens.items() if now - seen[1] < 60}
        wait = max(-tokens / self.rate, gap)
        if wait > 0:
            await asyncio.sleep(wait)
