"""The hold: what was under way before a gap, a copy or a doubtful clock goes to nobody before an admin says so."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import orjson
from sqlalchemy.orm import Session

from models.broadcast import Broadcast
from services.key_value import delete_value, get_value, set_value

HOLD_KEY = "hold"
WAS_DUE = "was_due"  # in `Broadcast.given`: when it was due, of one made after that
# A clock so far from the last beat is not believed; one that then agreed with itself for so long is.
CLOCK_AHEAD, CLOCK_BEHIND, CLOCK_TRUSTED_AFTER = timedelta(days=2), timedelta(hours=1), timedelta(days=1)
SESSION_REMINDERS = ("evening", "morning")


class HoldReason(StrEnum):
    """Why something is held."""

    GAP = "gap"  # the desk did not beat for a while: the database may be a copy that somebody put back
    RESTORED = "restored"  # it is a copy that was put back
    CLOCK = "clock"  # the clock is far from where it was


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held. `since`: the last beat before; `at`: when that was found; `asked`: whether the admins were;
    `reminders`: whether the reminders of sessions may leave all the same; `gap`: of a doubtful clock, whether the desk
    was off as well, so that what was under way waits for a yes also once the clock is believed.
    """

    why: HoldReason
    since: datetime
    at: datetime
    asked: bool = False
    reminders: bool = False
    gap: bool = False

    @property
    def number(self) -> int:
        """Return what a question about this very hold is known by."""
        return int(self.at.timestamp())

    def covers(self, row: Broadcast) -> bool:
        """Return whether a broadcast is held: it was under way before, or nothing to many leaves at all."""
        if self.reminders and row.kind in SESSION_REMINDERS:
            return False
        if self.why == HoldReason.CLOCK:
            return True
        due = (row.given or {}).get(WAS_DUE)
        return row.created_at < self.at or (due is not None and datetime.fromisoformat(due) <= self.at)

    def doubts_clock(self, now: datetime) -> bool:
        """Return whether the hour itself is not believed yet."""
        return is_far(self.at, self.since) and now - self.at < CLOCK_TRUSTED_AFTER


def is_far(now: datetime, last: datetime) -> bool:
    """Return whether a clock is too far from the last beat to be believed."""
    return now - last > CLOCK_AHEAD or last - now > CLOCK_BEHIND


def current_hold(db: Session) -> Hold | None:
    """Return the hold in force; None when nothing is held."""
    kept = get_value(db, HOLD_KEY)
    if kept is None:
        return None
    found = orjson.loads(kept)
    since, at = datetime.fromisoformat(found["since"]), datetime.fromisoformat(found["at"])
    return Hold(HoldReason(found["why"]), since, at, found["asked"], found["reminders"], found.get("gap", False))


def set_hold(db: Session, hold: Hold) -> None:
    """Put a hold in force, in place of an earlier one. That of a copy stays one of a copy."""
    before = current_hold(db)
    if before is not None and before.why == HoldReason.RESTORED:
        hold = replace(hold, why=HoldReason.RESTORED, since=min(before.since, hold.since))
    given = {
        "why": hold.why,
        "since": hold.since.isoformat(),
        "at": hold.at.isoformat(),
        "asked": hold.asked,
        "reminders": hold.reminders,
        "gap": hold.gap,
    }
    set_value(db, HOLD_KEY, orjson.dumps(given).decode())


def drop_hold(db: Session) -> None:
    """End the hold."""
    delete_value(db, HOLD_KEY)
