"""How sends ended, kept: those that come while others are being kept go together in the next transaction."""

import asyncio
import logging

from services.context import Desk
from services.delivery.outbox import SendResult, record_results
from services.loop import surviving
from services.runner import DatabaseUnavailable, Runner

log = logging.getLogger(__name__)

RERECORD_SECONDS = 1.0  # seconds until a result the database did not take is handed in again


class Results:
    """The results of one lane on their way to the ledger; what is known is held until it is kept."""

    def __init__(self, runner: Runner, desk: Desk) -> None:
        self.runner, self.desk = runner, desk
        self._waiting: list[tuple[str, SendResult, asyncio.Future[bool]]] = []
        self._keeping = False

    async def keep(self, owner: str, result: SendResult) -> None:
        """Record a result of a lane's owner; returns after the commit."""
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((owner, result, kept))
        if not self._keeping:
            self._keeping = True
            try:
                await self._all()
            finally:
                self._keeping = False
        if not await kept:  # alone then: one the database does not take must not hold the others
            await self._alone(owner, result)

    async def _all(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            for owner in {owner for owner, _, _ in some}:
                mine = [(result, kept) for by, result, kept in some if by == owner]
                recorded = False
                with surviving("results"):
                    await self.runner.run(record_results, self.desk, owner, [result for result, _ in mine])
                    recorded = True
                for _, kept in mine:
                    kept.set_result(recorded)

    async def _alone(self, owner: str, result: SendResult) -> None:
        """Record one result: again as long as the database is away. One that only a bug holds back is left
        `sending`, for the lane's sweep to settle by the policy for what is unknown.
        """
        away = True
        while away:
            away = False
            with surviving("a result", delivery=str(result.id)):
                try:
                    await self.runner.run(record_results, self.desk, owner, (result,))
                except DatabaseUnavailable:
                    away = True
                    raise
            if away:
                await asyncio.sleep(RERECORD_SECONDS)
