"""What a loop does with a round that fails: an outage is waited for, a bug is logged with its trace."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from services.runner import DatabaseUnavailable

log = logging.getLogger(__name__)

SAID_AGAIN_AFTER_SECONDS = 60.0  # the same outage of the same loop: one line a minute
_said: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, ...], float]] = WeakKeyDictionary()


@contextmanager
def surviving(what: str, *outages: type[Exception], **extra: object) -> Iterator[None]:
    """Let one round of the loop `what` fail without ending the loop. Yields once.

    `outages`: errors of a provider that is away, a warning like a database that is, at most one a minute. Anything else
    is a bug: its trace is logged, and the runner has counted it where it was one of a use case. `extra` goes into the
    log.
    """
    try:
        yield
    except (DatabaseUnavailable, *outages) as error:  # type: ignore[misc]
        told = {**extra, "loop": what, "error": type(error).__name__}
        key = tuple(map(str, told.values()))
        now, said = time.monotonic(), _said.setdefault(asyncio.get_running_loop(), {})
        if now - said.get(key, now - SAID_AGAIN_AFTER_SECONDS) >= SAID_AGAIN_AFTER_SECONDS:
            said[key] = now
            log.warning("a round of a loop was not answered: %s", what, extra=told)
    except Exception:  # marked place 2 of 3: one round, one message or one row must not end the loop
        log.exception("a round of a loop failed", extra={**extra, "loop": what})
