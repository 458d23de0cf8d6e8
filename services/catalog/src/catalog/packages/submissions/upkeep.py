"""What jobs for packages need from time to time: tasks that waited too long are revoked, finalisers that were lost are
sent again, and old records are deleted. A loop of the service."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from catalog.packages.submissions import domain
from catalog.packages.submissions.ending import revoke_tasks
from catalog.packages.submissions.settings import SubmissionSettings
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import FinalisePackageJob
from kit.app import Service

log = logging.getLogger("catalog.packages")
LOST = timedelta(seconds=120)
"""A finaliser that was sent so long ago and has not ended is sent again; a second one changes nothing."""


@dataclass(frozen=True)
class JobUpkeep:
    """Times are in seconds."""

    expiry: float
    retention: float
    interval: float = 5.0

    @classmethod
    def of(cls, settings: SubmissionSettings) -> "JobUpkeep":
        expiry = settings.package_task_expiry
        return cls(expiry, settings.package_job_retention, min(5.0, expiry / 2))

    async def run(self, service: Service) -> None:
        """Never returns. Several replicas may run it."""
        while True:
            try:
                await self.look(service)
            except Exception as error:
                log.warning("upkeep.failed", extra={"fields": {"reason": repr(error)}})
            await asyncio.sleep(self.interval)

    async def look(self, service: Service) -> None:
        await self._revoke_expired(service)
        await self._send_finalisers_again(service)
        await self._forget(service)

    async def _revoke_expired(self, service: Service) -> None:
        late = (
            PackageTaskRow.status == "PENDING",
            PackageJobRow.created_at < func.now() - timedelta(seconds=self.expiry),
        )
        jobs = select(PackageTaskRow.job_id).join(PackageJobRow).where(*late).distinct().limit(1000)
        async with service.db.session() as session:
            found = (await session.scalars(jobs)).all()
        reason = domain.EXPIRED.format(seconds=self.expiry)
        for job_id in found:
            async with service.tx() as tx:
                await revoke_tasks(job_id, reason, tx, PackageTaskRow.status == "PENDING")

    async def _send_finalisers_again(self, service: Service) -> None:
        job = PackageJobRow
        lost = (job.status == "PENDING", job.finalising_at < func.now() - LOST)
        async with service.tx() as tx:
            sent = update(job).where(*lost).values(finalising_at=func.now()).returning(job.id)
            for job_id in await tx.session.scalars(sent):
                tx.emit(FinalisePackageJob(job_id=job_id))

    async def _forget(self, service: Service) -> None:
        old = PackageJobRow.ended_at < func.now() - timedelta(seconds=self.retention)
        async with service.db.session() as session, session.begin():
            await session.execute(delete(PackageJobRow).where(old))
