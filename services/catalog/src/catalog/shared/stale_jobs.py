"""Reapers of long work: each finds rows whose worker sends no heartbeat any more, and restarts their job."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from kit.app import Service
from kit.db.database import Database
from kit.jobs.reaper import Reaper, Sign
from kit.messaging.tx import Tx

FindStale = Callable[[Database, datetime], Awaitable[list[Sign]]]
"""Returns the rows without a heartbeat since that time, with the last heartbeat of each."""
Restart = Callable[[int, datetime, Tx], Awaitable[bool]]
"""Returns False when the row has had another heartbeat since."""


def stale_job_reaper(kind: str, group: str, find: FindStale, restart: Restart, limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat after which a row counts as stale. `group` is the consumer of its jobs."""

    async def look(service: Service) -> list[Sign]:
        return await find(service.db, datetime.now(UTC) - timedelta(seconds=limit))

    async def begin_anew(sign: Sign, tx: Tx) -> bool:
        return await restart(*sign, tx)

    return Reaper(kind, group, look, begin_anew)
