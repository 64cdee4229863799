"""Daily limit: how many people a provider lets us write to first in a day, of which four fifths are used."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models import delivery
from models.broadcast import Broadcast
from models.delivery import Delivery, Reason
from services.context import Desk

LIMIT_WINDOW = timedelta(hours=24)
NEWS_TTL = LIMIT_WINDOW  # not sent within it, a clerk's words are news no more
USED_SHARE = 0.8  # the rest is for what cannot wait, and for what somebody else sends by the same number


class DailyLimit:
    """What is left of the day's limit of a channel, counted as messages are taken."""

    def __init__(self, db: Session, desk: Desk, channel: str, now: datetime) -> None:
        self.db, self.channel, self.now = db, channel, now
        self.most = int(desk.policy.daily.get(channel, 0) * USED_SHARE)
        self.used, self._first = 0, None
        if self.most:
            self.used, self._first = delivery.initiated_since(db, channel, now - LIMIT_WINDOW)

    def spend(self, contact_id: uuid.UUID) -> bool:
        """Return whether one more person may be written to first; one who was today already costs nothing more."""
        if not self.most:
            return True
        if delivery.initiated_since(self.db, self.channel, self.now - LIMIT_WINDOW, contact_id)[0]:
            return True
        if self.used >= self.most:
            return False
        self.used += 1
        return True

    @property
    def left(self) -> int:
        """Return how many more people may be written to first today."""
        return max(self.most - self.used, 0)

    def again_at(self) -> datetime:
        """Return when there is room again: a day after the first of these."""
        return max((self._first or self.now) + LIMIT_WINDOW, self.now + timedelta(minutes=1))


def postpone(row: Delivery, of: Broadcast | None, at: datetime) -> None:
    """Have a delivery wait for the next day. A clerk's words stay news for `NEWS_TTL` from there; a session's date
    is none once the session has begun.
    """
    row.due_at, row.reason = at, Reason.DAILY
    if of is not None and of.session_id is None:
        row.not_after = max(row.not_after or at, at + NEWS_TTL)
        of.not_after = max(of.not_after or row.not_after, row.not_after)
