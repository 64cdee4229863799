"""The time, and Morocco's wall clock whatever the machine's zone files say.

Morocco is at UTC+0 for good since 2026-09-20 (decree 2.26.530, IANA 2026c); many systems still
answer +01:00. Only the zone data of the pinned `tzdata` package is used, and checked at start.
"""

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

MOROCCO = "Africa/Casablanca"
# Moments whose offset from UTC, in hours, is known: before and after each late change.
KNOWN_OFFSETS = (
    ("2026-02-14T12:00", 1),
    ("2026-02-15T12:00", 0),
    ("2026-03-22T12:00", 1),
    ("2026-09-19T12:00", 1),
    ("2026-09-20T12:00", 0),
    ("2027-02-20T12:00", 0),
    ("2027-07-01T12:00", 0),
)


class WrongClock(RuntimeError):
    """The zone data would show people a wrong hour."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, in UTC; and the day it is where the desk stands."""

    zone: ZoneInfo
    source: Callable[[], datetime] = lambda: datetime.now(UTC)

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        return self.source()

    def wall(self, at: datetime | None = None) -> datetime:
        """Return a moment (now, unless given) as the wall clock shows it, without a zone."""
        return (at or self.now()).astimezone(self.zone).replace(tzinfo=None)

    def at(self, on_the_wall: datetime) -> datetime:
        """Return the moment, in UTC, when the wall clock shows this; of an hour shown twice, the first."""
        return on_the_wall.replace(tzinfo=self.zone).astimezone(UTC)

    def today(self) -> date:
        """Return the day on the wall."""
        return self.wall().date()


def zone(name: str = MOROCCO) -> ZoneInfo:
    """Return a zone from the pinned data alone. Raises WrongClock when it is unknown, or when Morocco is wrong
    there.
    """
    zoneinfo.reset_tzpath(to=[])
    ZoneInfo.clear_cache()
    try:
        check_zone(ZoneInfo(MOROCCO))
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise WrongClock(f"the time zone {name!r} is not known") from None


def check_zone(morocco: ZoneInfo) -> None:
    """Check that zone data knows Morocco's last changes. Raises WrongClock."""
    for moment, hours in KNOWN_OFFSETS:
        offset = datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(morocco).utcoffset()
        assert offset is not None
        if offset.total_seconds() != hours * 3600:
            raise WrongClock(
                f"the zone data is too old for Morocco: {moment} UTC should be {hours:+d} h. "
                "Install the pinned requirements (tzdata 2026.3 or later)."
            )
