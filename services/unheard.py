"""What reached a door and could not be heard, and when each channel was heard and written to last.

Counted here by one process, said in the log at most once a minute each, and brought to the database by the watch
(services/watch.py), where `doctor`, `/status`, the metrics and the alerts read it.
"""

import logging
import time
from collections import Counter, deque
from datetime import UTC, datetime
from enum import StrEnum

log = logging.getLogger(__name__)

SAID_AGAIN_AFTER = 60.0  # seconds between two log lines about the same: anybody can make them
MOST_KEPT = 100  # units that wait to be kept; more are only counted


class UnheardReason(StrEnum):
    """Why a message was not heard."""

    UNREADABLE = "unreadable"  # no JSON, no form, nested too deep, a number nobody can hold
    TOO_LONG = "too_long"
    MENDED = "mended"  # heard, with the signs that could not be read replaced
    FAILED = "failed"  # a bug met while it was stored
    SIGNATURE = "signature"  # not signed with our token, or for another address
    SECRET = "secret"  # noqa: S105  # without the secret Telegram was given
    ADDRESSEE = "addressee"  # signed, and for another account or number


# What to look at, for who reads the log.
HINTS = {
    UnheardReason.UNREADABLE: "it is no form that could be signed",
    UnheardReason.SIGNATURE: "it is not signed with our token for our public address (TWILIO_AUTH_TOKEN, PUBLIC_URL)",
    UnheardReason.SECRET: "it does not carry our secret (TELEGRAM_WEBHOOK_SECRET)",
    UnheardReason.ADDRESSEE: "it is signed, for another account or number (TWILIO_ACCOUNT_SID, TWILIO_WHATSAPP_FROM)",
}


class Unheard:
    """Counts since the start, for one process. `counts`: by channel and reason; `units`: channel, reason and bytes of
    what a provider vouched for, until the watch keeps them; `heard_at`: by channel, in UTC.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, UnheardReason]] = Counter()
        self.units: deque[tuple[str, UnheardReason, bytes]] = deque(maxlen=MOST_KEPT)
        self.heard_at: dict[str, datetime] = {}
        self._said: dict[tuple[str, UnheardReason], float] = {}

    def hear(self, channel: str) -> None:
        """Note that a channel was heard: a message, or a provider that answers that there is none."""
        self.heard_at[channel] = datetime.now(UTC)

    def note(self, channel: str, reason: UnheardReason, body: bytes | None = None, **extra: object) -> None:
        """Count a message that came from the provider itself and was not heard, keep it for who looks into it, and say
        so in the log.
        """
        self.counts[channel, reason] += 1
        if body is not None:
            self.units.append((channel, reason, body))
        if self._may_say(channel, reason):
            log.warning("a message was not heard", extra={**extra, "channel": channel, "reason": str(reason)})

    def refuse(self, channel: str, reason: UnheardReason) -> None:
        """Count a message that nobody vouches for. The log says so at once, then every `SAID_AGAIN_AFTER`."""
        self.counts[channel, reason] += 1
        if self._may_say(channel, reason):
            told = {"channel": channel, "reason": str(reason), "count": self.counts[channel, reason]}
            log.warning("a message was refused at the door: %s", HINTS[reason], extra=told)

    def _may_say(self, channel: str, reason: UnheardReason) -> bool:
        now, last = time.monotonic(), self._said.get((channel, reason))
        if last is not None and now - last < SAID_AGAIN_AFTER:
            return False
        self._said[channel, reason] = now
        return True
