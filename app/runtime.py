"""What open runtime bring along: gathered while they open, run and closed together."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from jobs.lanes import Lane
from jobs.timetable import LOOK_SECONDS, Timetable
from jobs.turns import After
from jobs.watch import Watch


@dataclass
class Runtime:
    """Lanes and after-turn courtesies by channel, loops, routes, the timetable, the server, closers."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    after: dict[str, After] = field(default_factory=dict)
    loops: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    routes: list[BaseRoute] = field(default_factory=list)
    timetable: Timetable | None = None
    watch: Watch | None = None
    every: float | None = LOOK_SECONDS  # seconds between two looks of the clock; None: it waits to be asked
    server: Any = None
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def wake(self, channel: str) -> None:
        """There is a reply; a door that was open once may have left messages and no lane."""
        if channel in self.lanes:
            self.lanes[channel].wake()

    def wake_all(self) -> None:
        """There may be something for every lane."""
        for lane in self.lanes.values():
            lane.wake()
