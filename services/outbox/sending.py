"""What a lane hands to a sender, and the few ways a send can end."""

import uuid
from dataclasses import dataclass
from typing import ClassVar, Protocol

from conversations.values import Spoken
from models.delivery import TO_MANY as TO_MANY
from models.delivery import Reason as Reason


@dataclass(frozen=True, slots=True)
class Template:
    """Words a provider has approved, by its own id, with what fills their placeholders in order."""

    id: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message on its way: the delivery's id and number, where it goes, what it says.

    With a `template`, free words would be refused: it is what is sent. `broadcast`: the broadcast it
    is of. `edits`: the provider's id of an earlier message whose words these replace, where that can be
    done. `lives`: seconds after which it is not to arrive any more.
    """

    id: uuid.UUID
    seq: int
    address: str
    spoken: Spoken
    kind: str = "reply"
    template: Template | None = None
    broadcast: int | None = None
    edits: str | None = None
    lives: int | None = None

    @property
    def weight(self) -> int:
        """Return how many calls it takes: a card is two beside the words, anything else one."""
        calls = {
            "card": 2,
            "paper": 1,
            "data": 1,
            "pin": 1,
            "photo": 1,
            "voice": 1,
            "document": 1,
            "pass": 1,
            "sheet": 1,
        }
        return 1 + bool(self.spoken.shared) + sum(calls.get(media.kind, 0) for media in self.spoken.media)


class Sender(Protocol):
    """A channel's way out."""

    async def send(self, outgoing: Outgoing) -> str:
        """Send, and return the provider's id of the message. Raises SendError."""
        ...


class SendError(Exception):
    """A send that did not end well: its class says what follows, its `reason` why, for the clerk's report.

    Its text is the provider's, for the log: never an address, words or a token.
    """

    usual: ClassVar[Reason] = Reason.REFUSED

    def __init__(self, detail: str = "", reason: Reason | None = None) -> None:
        super().__init__(detail)
        self.reason = reason or self.usual


class Throttled(SendError):
    """Too fast: the whole lane waits `retry_after` seconds. Not an attempt. `daily`: it may be the limit of a
    day that is reached.
    """

    usual = Reason.THROTTLED

    def __init__(self, retry_after: float, daily: bool = False) -> None:
        super().__init__(f"throttled for {retry_after} s", Reason.DAILY if daily else None)
        self.retry_after, self.daily = retry_after, daily


class Unreachable(SendError):
    """Nothing was written: safe to try again."""

    usual = Reason.NETWORK


class Uncertain(SendError):
    """It may have been accepted: a timeout after the request, a 5xx, an answer without an id."""

    usual = Reason.UNSURE


class Gone(SendError):
    """The person cannot be reached there any more: blocked, deactivated, no such chat."""

    usual = Reason.BLOCKED


class Stopped(SendError):
    """The provider says that the person wants no more messages from us."""

    usual = Reason.STOPPED


class Rejected(SendError):
    """The provider will never take this message."""


class WindowClosed(SendError):
    """The time in which free words may be sent to the person is over."""

    usual = Reason.WINDOW


class Unauthorized(SendError):
    """Our own credentials are refused: everything stops, nothing is lost."""

    usual = Reason.CREDENTIALS
