"""What reached a door and could not be heard: counted by channel and reason, and said in the log."""

import logging
import time
from collections import Counter
from enum import StrEnum

log = logging.getLogger(__name__)

SAID_AGAIN_AFTER = 60.0  # seconds between two log lines about the same refusal: anybody can make them


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
    """Counts since the start, for one process. `counts`: by channel and reason."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, UnheardReason]] = Counter()
        self._said: dict[tuple[str, UnheardReason], float] = {}

    def note(self, channel: str, reason: UnheardReason, **extra: object) -> None:
        """Count a message that came from the provider itself and was not heard, and say so in the log."""
        self.counts[channel, reason] += 1
        log.warning("a message was not heard", extra={**extra, "channel": channel, "reason": str(reason)})

    def refuse(self, channel: str, reason: UnheardReason) -> None:
        """Count a message that nobody vouches for. The log says so at once, then every `SAID_AGAIN_AFTER`."""
        self.counts[channel, reason] += 1
        now, last = time.monotonic(), self._said.get((channel, reason))
        if last is None or now - last >= SAID_AGAIN_AFTER:
            self._said[channel, reason] = now
            told = {"channel": channel, "reason": str(reason), "count": self.counts[channel, reason]}
            log.warning("a message was refused at the door: %s", HINTS[reason], extra=told)
