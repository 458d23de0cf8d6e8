"""While a worker drives a run: heartbeats, and a look at whether somebody wants the run stopped."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from kit.db.database import Database
from kit.outages import is_outage
from runs.lease import Lease

LOOK_INTERVAL = 1.0
"""Seconds between two looks at the row."""


class LeaseLost(Exception):
    """The row has a newer attempt or an end: whatever this worker finds out is of no interest any more."""


async def keep_lease(
    lease: Lease[Any], row_id: int, attempt: int, db: Database, stop: Callable[[bool], Awaitable[None]],
    looks_per_heartbeat: int = 1,
) -> None:  # fmt: skip
    """Never returns. Raises LeaseLost when the attempt is over.

    Calls `stop(graceful)` at each look while the row is `stopping`. Every `looks_per_heartbeat`-th look is a heartbeat.
    Waits while the database is away; when it stays away, the lease runs out and another worker takes the row.
    """
    for number in count(1):
        look = lease.beat if number % looks_per_heartbeat == 0 else lease.peek
        try:
            state = await look(row_id, attempt, db)
        except Exception as error:
            if not is_outage(error):
                raise
        else:
            if state is None:
                raise LeaseLost
            if state["status"] == "stopping":
                await stop(state["graceful"])
        await asyncio.sleep(LOOK_INTERVAL)
