"""How long stored dataset versions are good: those whose time is over are deleted, those whose sources have a new
release are made again."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, exists, func, select

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production import locks
from catalog.packages.production.processors import Processors
from catalog.packages.storage.port import PackageStorage, VersionRef
from catalog.packages.submissions import usecases
from catalog.packages.submissions.areas import AreaReader
from catalog.packages.submissions.rules import SubmissionRules
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import JobArea, PackageItemJob, PackageOptions, SubmitPackageJob
from contracts.catalog.packages import PackageDatasetExpired
from extracts.names import is_own_area
from extracts.package import without_resource
from kit.app import Service
from kit.errors import DomainError
from kit.messaging.tx import Tx

log = logging.getLogger("catalog.packages")
LEASE = 60.0
AT_ONCE = 100
"""Dataset versions of one look."""
LOOK_INTERVAL = 5.0
REBUILD_INTERVAL = 3600.0
"""Seconds between two comparisons of releases: a source that cannot be had is asked for no more often."""
row = PackageDatasetRow


@dataclass
class Freshness:
    """`processors`: the child that knows the current releases; None rebuilds nothing."""

    storage: PackageStorage
    areas: AreaReader
    rules: SubmissionRules
    processors: Processors | None
    _compared: float = field(default=float("-inf"))

    async def expire(self, service: Service) -> int:
        """Deletes dataset versions whose time is over, unless a job makes them now. Returns their number."""
        over = select(row).where(row.expires_at < func.now()).order_by(row.expires_at).limit(AT_ONCE)
        async with service.db.session() as session:
            found = (await session.scalars(over)).all()
        return sum([await self._expire(one, service) for one in found])

    async def _expire(self, old: PackageDatasetRow, service: Service) -> bool:
        owner, package = uuid4(), old.boundary_name
        keys = [locks.of_processor(package, old.processor), locks.of_finalise(package)]
        async with service.tx() as tx:
            held = [await locks.take(key, owner, LEASE, tx) for key in keys]
        try:
            if not all(held):
                return False
            async with asyncio.timeout(LEASE / 2):
                await self._remove(old)
            async with service.tx() as tx:
                return await _forget(old, [one for one in held if one], tx)
        finally:
            async with service.tx() as tx:
                for key in keys:
                    await locks.release(key, owner, tx)

    async def _remove(self, old: PackageDatasetRow) -> None:
        dataset, _, version = old.processor.partition(".")
        await self.storage.remove_version(VersionRef(old.boundary_name, dataset, version))
        document = await self.storage.load_datapackage(old.boundary_name)
        if document:
            left = without_resource(document, old.processor, datetime.now(UTC))
            await self.storage.save_datapackage(old.boundary_name, left)

    async def keep_rebuilding(self, service: Service) -> None:
        """A loop of workers, which have the libraries of processors; never returns."""
        while True:
            try:
                await self.rebuild(service)
            except Exception as error:
                log.warning("rebuild.failed", extra={"fields": {"reason": repr(error)}})
            await asyncio.sleep(LOOK_INTERVAL)

    async def rebuild(self, service: Service) -> int:
        """Submits jobs for dataset versions of stored boundaries whose processor has another release, or another list
        of sources, than when they were made. Returns their number."""
        if self.processors is None or time.monotonic() - self._compared < REBUILD_INTERVAL:
            return 0
        self._compared = time.monotonic()
        await self.rules.read()
        keys, submitted = await self.processors.sources_keys(), 0
        for processor, key in keys.items():
            async with service.db.session() as session:
                outdated = (await session.scalars(select(row).where(*_outdated(processor, key)).limit(AT_ONCE))).all()
            for old in outdated:
                submitted += not is_own_area(old.boundary_name) and await self._submit(old, service)
        return submitted

    async def _submit(self, old: PackageDatasetRow, service: Service) -> bool:
        """False when the boundary or the processor is gone."""
        command = SubmitPackageJob(
            area=JobArea(boundary_name=old.boundary_name), processors=[old.processor], redo=True, notify=False,
            options=PackageOptions.model_validate(old.options),
        )  # fmt: skip
        try:
            async with service.tx() as tx:
                await usecases.submit(command, tx, self.areas, self.rules)
        except DomainError as error:
            log.warning("package.not_rebuilt", extra={"fields": {"package": old.boundary_name, "reason": str(error)}})
            return False
        return True


def _outdated(processor: str, key: str) -> tuple[ColumnElement[bool], ...]:
    """Without those for which a job waits."""
    job, task = PackageJobRow, PackageTaskRow
    same = (task.processor == row.processor, job.boundary_name == row.boundary_name, job.status == "PENDING")
    waits = exists(select(task.id).join(job).where(*same).correlate(row))
    return row.processor == processor, row.sources_key != key, ~waits


async def _forget(old: PackageDatasetRow, held: list[locks.Held], tx: Tx) -> bool:
    for one in held:
        await locks.ensure_held(one, tx)
    mine = (row.boundary_name == old.boundary_name, row.processor == old.processor, row.made_at == old.made_at)
    if not (await tx.session.execute(delete(row).where(*mine).returning(row.processor))).first():
        return False
    tx.emit(PackageDatasetExpired(boundary_name=old.boundary_name, processor=old.processor))
    tx.emit(PackageItemJob(boundary_name=old.boundary_name))
    return True
