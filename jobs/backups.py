"""The backup of the night, beside the turns: when its hour has come, once a day."""

import asyncio
import logging
from collections.abc import Callable
from datetime import time

from sqlalchemy.orm import Session

from services.context import Desk
from services.key_value import get_value, set_value
from services.loop import surviving
from services.runner import Runner

log = logging.getLogger(__name__)

BACKUP_LOOK_SECONDS = 60.0
BACKUP_DAY = "backup.day"
MakeBackup = Callable[[], None]


def backup_is_due(db: Session, desk: Desk, at: time) -> bool:
    """Return whether the backup of today is to be made now, and note that it is; the very first is made at once."""
    wall, last = desk.clock.wall(), get_value(db, BACKUP_DAY)
    today = wall.date().isoformat()
    if last == today or (last is not None and wall.time() < at):
        return False
    set_value(db, BACKUP_DAY, today)
    return True


async def back_up_nightly(
    runner: Runner, desk: Desk, at: time, make: MakeBackup, every: float = BACKUP_LOOK_SECONDS
) -> None:
    """Make a backup when its hour has come, in a thread, until cancelled. `make` keeps what becomes of it."""
    while True:
        await asyncio.sleep(every)
        with surviving("backup"):
            if await runner.run(backup_is_due, desk, at):
                await asyncio.to_thread(make)
