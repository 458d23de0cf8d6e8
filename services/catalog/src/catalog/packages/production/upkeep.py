"""What the making of packages needs from time to time: locks of tasks that wait in the queue, results and staged files
that nobody needs any more, and dataset versions whose time is over. A loop of the service."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, func, select, update

from catalog.packages.production.freshness import Freshness
from catalog.packages.production.tables import PackageLockRow, PackageResultRow
from catalog.packages.storage.port import PackageStorage
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from kit.app import Service
from kit.jobs.tables import queued_jobs

log = logging.getLogger("catalog.packages")
INTERVAL = 5.0
SWEEPS = 60
"""Looks between two searches for staged files that nobody needs: the store lists all of them."""
ORPHANED = timedelta(hours=1)
"""Staged files of no task and no result are removed when they are so old."""
IN_WORK = ("EXECUTING", "RETRY")


@dataclass(frozen=True)
class ProductionUpkeep:
    """Seconds: `lock` until a lock without renewal is free, `kept` how long a result stays after its last use."""

    storage: PackageStorage
    freshness: Freshness
    lock: float
    kept: float

    async def run(self, service: Service) -> None:
        """Never returns. Several replicas may run it."""
        look = 0
        while True:
            try:
                await self.renew_locks_of_waiting(service)
                await self.freshness.expire(service)
                if look % SWEEPS == 0:
                    await self.sweep(service)
            except Exception as error:
                log.warning("upkeep.failed", extra={"fields": {"reason": repr(error)}})
            look += 1
            await asyncio.sleep(INTERVAL)

    async def renew_locks_of_waiting(self, service: Service) -> None:
        """A task in work keeps its lock while its jobs wait for their turn, when no worker renews it."""
        task, job = PackageTaskRow, PackageJobRow
        queued = exists().where(queued_jobs.c.work == job.work, queued_jobs.c.state != "ended")
        waiting = select(task.id).join(job).where(task.status.in_(IN_WORK), queued)
        end = func.clock_timestamp() + timedelta(seconds=self.lock)
        async with service.db.session() as session, session.begin():
            theirs = update(PackageLockRow).where(PackageLockRow.owner.in_(waiting))
            await session.execute(theirs.values(expires_at=end))

    async def sweep(self, service: Service, orphaned: timedelta = ORPHANED) -> int:
        """Forgets results that were not used for long, and removes staged files that no result and no task in work
        needs. Returns the number of places that were emptied."""
        old = PackageResultRow.used_at < func.now() - timedelta(seconds=self.kept)
        places = await self.storage.staged_folders(datetime.now(UTC) - orphaned)
        in_work = select(PackageTaskRow.place).where(PackageTaskRow.status.in_(IN_WORK))
        async with service.db.session() as session, session.begin():
            await session.execute(delete(PackageResultRow).where(old))
            needed = {*await session.scalars(select(PackageResultRow.place)), *await session.scalars(in_work)}
        unneeded = [place for place in places if place not in needed]
        for place in unneeded:
            await self.storage.unstage(place)
        return len(unneeded)
