"""The present key takes the place of an earlier one: column by column, while turns go on."""

import asyncio
import logging

from services.context import Desk
from services.loop import surviving
from services.privacy.rotate import VALUES_A_STEP, rotate_values, values_left
from services.runner import Runner

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.02  # seconds between two transactions: turns come first
RETRY_SECONDS_ROTATION = 2.0


async def rotate_keys(runner: Runner, desk: Desk) -> None:
    """Seal every value under the present key while turns go on, then say so. Killed at any point, it goes on at the
    next start.
    """
    if not desk.sealer.rotates:
        return
    place = moved = unread = rest = 0  # `unread` of the column at hand: they stay where they are
    while True:
        wait = RETRY_SECONDS_ROTATION
        with surviving("rotation of keys"):
            found = await runner.run(rotate_values, desk, place, unread)
            if found is None:
                rest = await _left(runner, desk)
                break
            moved += found[0]
            unread += found[1]
            if sum(found) < VALUES_A_STEP:
                place, unread = place + 1, 0
            wait = PAUSE_SECONDS
        await asyncio.sleep(wait)
    log.info("values sealed under the present key", extra={"count": moved})
    if rest:
        log.error("values nobody can read under any key given", extra={"count": rest})
    else:
        log.warning("no value is under an earlier key: DATA_KEY_OLD, or the later lines of the key file, may go")


async def _left(runner: Runner, desk: Desk) -> int:
    """How many values are left; looked at twice, for another process may have sealed one meanwhile."""
    if rest := await runner.read(values_left, desk):
        return rest
    await asyncio.sleep(RETRY_SECONDS_ROTATION)
    return await runner.read(values_left, desk)
