"""How many people a provider lets us write to first in a day: its limit, of which we use four fifths."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import delivery
from services.desk import Desk

DAY = timedelta(hours=24)
USED = 0.8  # the rest is for what cannot wait, and for what somebody else sends by the same number


class Tier:
    """What is left of the day's limit of a channel, counted as messages are taken."""

    def __init__(self, db: Session, desk: Desk, channel: str, now: datetime) -> None:
        self.now = now
        self.most = int(desk.policy.daily.get(channel, 0) * USED)
        self._who: set[uuid.UUID] = set()
        self._first: datetime | None = None
        if self.most:
            self._who, self._first = delivery.initiated_since(db, channel, now - DAY)

    def spend(self, contact_id: uuid.UUID) -> bool:
        """Whether one more person may be written to; one who was today already costs nothing more."""
        if not self.most or contact_id in self._who:
            return True
        if len(self._who) >= self.most:
            return False
        self._who.add(contact_id)
        return True

    @property
    def left(self) -> int:
        """How many more people today."""
        return max(self.most - len(self._who), 0)

    def again_at(self) -> datetime:
        """When there is room again: a day after the first of these."""
        return max((self._first or self.now) + DAY, self.now + timedelta(minutes=1))
