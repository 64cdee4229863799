"""The card that shows an author how far her message is: one message, edited at a civil pace."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from conversations.values import Spoken
from jobs.lanes import Lane
from services.broadcasts.progress import ProgressCard, progress_cards
from services.context import Desk
from services.loop import surviving
from services.outbox.sending import SendError, Throttled
from services.runner import Runner

log = logging.getLogger(__name__)

EDIT_SECONDS = 4.0  # seconds
Edit = Callable[[str, str, Spoken], Awaitable[object]]


class Progress:
    """Edits cards whose figures changed. Best effort, beside the ledger: what fails is tried at the next.

    While the provider wants nothing of the lane, nothing is edited either.
    """

    def __init__(self, runner: Runner, desk: Desk, lane: Lane, edit: Edit) -> None:
        """`edit` raises SendError."""
        self.runner, self.desk, self.lane, self.edit = runner, desk, lane, edit
        self._last: dict[int, str] = {}

    async def run(self, every: float = EDIT_SECONDS) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(every)
            with surviving("progress", channel=self.lane.channel):
                await self.look()

    async def look(self) -> None:
        """Edit every card whose words are others now. Raises what `runner.read` raises."""
        found = await self.runner.read(progress_cards, self.desk)
        for each in found:
            mine = each.channel == self.lane.channel and not self.lane.waits
            if mine and self._last.get(each.broadcast) != each.spoken.text:
                await self._edit(each)
        self._last = {each.broadcast: self._last.get(each.broadcast, "") for each in found}

    async def _edit(self, card: ProgressCard) -> None:
        try:
            await self.edit(card.address, card.provider_id, card.spoken)
        except Throttled as error:
            self.lane.pause(error.retry_after)
            return
        except SendError as error:
            log.info("a card of progress failed", extra={"error": type(error).__name__})
        self._last[card.broadcast] = card.spoken.text
