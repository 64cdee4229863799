"""What a channel's folder is handed to open its door, and what it hands back for the app to run."""

import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.routing import BaseRoute

from conversations.values import Spoken
from services.context import Desk
from services.outbox.sending import Sender, SendError
from services.runner import Runner
from services.turns.converse import TurnDone
from services.unheard import Unheard


class Held(Protocol):
    """A lock by name, held by one process of all those that share a database."""

    def hold(self) -> bool:
        """Return whether it is ours now. Raises DatabaseUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """`settings`: the installation's, of which a channel reads its own. `wake`: a message of this contact was stored.
    `links`: where people may write to, by channel; a channel adds its own. `lock`: makes a lock of a name. `receipt`:
    hears of each receipt of a broadcast: its number, the delivery, the error, whether it was told afterwards.
    `unheard`: is told of what could not be heard.
    """

    settings: Any
    runner: Runner
    desk: Desk
    wake: Callable[[uuid.UUID], None]
    links: dict[str, str]
    lock: Callable[[str], Held]
    receipt: Callable[[int, uuid.UUID, SendError | None, bool], Awaitable[None]]
    unheard: Unheard


@dataclass(frozen=True, slots=True)
class Opened:
    """A door that is open. `rate`: messages a second; `paid`: broadcasts have a rate of their own, which is paid for.
    `after`: hears of each turn that is done. `edit`: changes the words of a message that was sent. `fetch`: the bytes
    of a picture or a voice note, and their type. `close`: lets go of what was opened.
    """

    sender: Sender
    rate: float
    close: Callable[[], Awaitable[None]]
    paid: float = 0
    routes: tuple[BaseRoute, ...] = ()
    loops: tuple[Coroutine[Any, Any, None], ...] = field(default_factory=tuple)
    after: Callable[[TurnDone], None] | None = None
    edit: Callable[[str, str, Spoken], Awaitable[object]] | None = None
    fetch: Callable[[str, str], Awaitable[tuple[bytes, str] | None]] | None = None
