"""While a worker is at a prediction: signs of life, and an eye on those who want it stopped."""

import asyncio
from collections.abc import Awaitable, Callable

from kit.db.database import Database
from kit.outages import is_outage
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import LEASE

HEARTBEAT_INTERVAL = 1.0


class LeaseLost(Exception):
    """The row has a newer attempt or an end: whatever this worker finds out is of no interest any more."""


async def keep_lease(row: PredictionRow, db: Database, stop: Callable[[bool], Awaitable[None]]) -> None:
    """Ends by LeaseLost only. `stop(graceful)` is called each beat while the row is `stopping`.

    A database that is away is waited for; when it stays away, the lease runs out and the row is another's.
    """
    while True:
        await asyncio.sleep(HEARTBEAT_INTERVAL)
        try:
            state = await LEASE.beat(row.id, row.attempt, db)
        except Exception as error:
            if not is_outage(error):
                raise
            continue
        if not state:
            raise LeaseLost
        if state["status"] == "stopping":
            await stop(state["graceful"])
