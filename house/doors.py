"""What open doors bring along: gathered while they open, run and closed together."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.routing import BaseRoute

from jobs.lanes import Lane
from jobs.turns import After


@dataclass
class Doors:
    """Lanes and after-turn courtesies by channel, links for people, loops, routes, and closers."""

    lanes: dict[str, Lane] = field(default_factory=dict)
    after: dict[str, After] = field(default_factory=dict)
    links: dict[str, Callable[[], str | None]] = field(default_factory=dict)
    loops: list[Coroutine[Any, Any, None]] = field(default_factory=list)
    routes: list[BaseRoute] = field(default_factory=list)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    def wake(self, channel: str) -> None:
        """There is a reply; a door that was open once may have left messages and no lane."""
        if channel in self.lanes:
            self.lanes[channel].wake()

    def open_links(self) -> dict[str, str]:
        """Where people may write to now."""
        return {name: url for name, link in self.links.items() if (url := link())}
