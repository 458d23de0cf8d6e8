"""The documents of a package, written by one job at a time: its data package gets the resources of what was made, its
provenance one member for the job."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID, uuid5

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production import locks
from catalog.packages.production.child.state import Asked
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.outcome import ProcessorFailed
from catalog.packages.storage.port import VersionRef
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from extracts.package import with_resources, without_resource
from extracts.provenance import JobRecord, with_job
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import while_beating

log = logging.getLogger("catalog.packages")
LEASE = 15.0
"""Seconds without renewal after which another job may write the package."""
BEAT = 3.0
LOOK = 0.5
"""Seconds between two tries to take the lock."""
SOFTWARE = "fairway"


@dataclass
class Finalising:
    job: PackageJobRow
    tasks: Sequence[PackageTaskRow]
    context: JobContext
    tools: ProductionContext

    @property
    def owner(self) -> UUID:
        """Of the lock: each delivery is its own, so that a second one waits for the first."""
        return uuid5(self.job.id, str(self.context.delivery))

    @property
    def ended_at(self) -> datetime:
        return max(one.ended_at or self.job.created_at for one in self.tasks)

    @property
    def is_late(self) -> bool:
        """Whether it was tried for as long as a lock lasts."""
        return datetime.now(UTC) - self.ended_at > timedelta(seconds=self.tools.lock)


async def write_documents(work: Finalising) -> None:
    """A package that was never set up stays away: its folder would be all there is."""
    package = work.job.boundary_name
    if not await work.tools.storage.has_package(package):
        return
    held = await _wait_for_lock(work)
    try:
        await while_beating(_write(work), lambda: _beat(work, held), BEAT)
    finally:
        await asyncio.shield(work.context.write(lambda tx: locks.release(held.key, held.owner, tx)))


async def _wait_for_lock(work: Finalising) -> locks.Held:
    """Raises TimeoutError after the limit of a lock."""
    key = locks.of_finalise(work.job.boundary_name)
    async with asyncio.timeout(work.tools.lock):
        while True:
            if held := await work.context.write(lambda tx: locks.take(key, work.owner, LEASE, tx)):
                return held
            await asyncio.sleep(LOOK)


async def _beat(work: Finalising, held: locks.Held) -> bool:
    async with work.context.tx() as tx:
        return await locks.renew(held, LEASE, tx)


async def _write(work: Finalising) -> None:
    storage, package, now = work.tools.storage, work.job.boundary_name, datetime.now(UTC)
    document = await _without_gone(work, await storage.load_datapackage(package), now)
    added = [one for task in work.tasks if (one := await _resource(work, task, document))]
    if added:
        await storage.save_datapackage(package, with_resources(document, added, now))
    provenance = await storage.load_provenance(package)
    if not any(_is_of(member, work.job.id) for member in provenance.values()):
        await storage.save_provenance(package, with_job(provenance, _record(work, now)))


async def _without_gone(work: Finalising, document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Leaves out resources whose files are gone."""
    stored = {one.processor for one in await work.tools.storage.tree_of(work.job.boundary_name)}
    for resource in list(document.get("resources", [])):
        processor = resource.get("processor", "")
        if processor and processor not in stored:
            document = without_resource(document, processor, now)
    return document


async def _resource(work: Finalising, task: PackageTaskRow, document: dict[str, Any]) -> dict[str, Any] | None:
    """The resource that the data package is to have: what the newest job has stored, or for files without a record,
    what they are."""
    if task.status != "SUCCESS" and task.code != "exists":
        return None
    async with work.context.read() as read:
        known = await read.session.get(PackageDatasetRow, (work.job.boundary_name, task.processor))
    if known is not None:
        return known.resource
    if any(one.get("processor") == task.processor for one in document.get("resources", [])):
        return None
    return await _described(work, task)


async def _described(work: Finalising, task: PackageTaskRow) -> dict[str, Any] | None:
    dataset, _, name = task.processor.partition(".")
    place = VersionRef(work.job.boundary_name, dataset, name)
    asked = Asked(task.processor, work.job.boundary_name, work.job.outline, work.job.options)
    async with work.tools.processors.folder() as folder:
        for file in await work.tools.storage.data_files(place):
            await work.tools.storage.download_data(place, file.name, folder / file.name)
        try:
            return (await work.tools.processors.describe(asked, folder)).resource
        except ProcessorFailed as error:
            log.warning("resource.unknown", extra={"fields": {"reason": str(error)}})
            return None


def _is_of(member: list[dict[str, Any]], job_id: UUID) -> bool:
    return bool(member) and member[-1].get("job_id") == str(job_id)


def _record(work: Finalising, now: datetime) -> JobRecord:
    job = work.job
    return JobRecord(
        str(job.id), job.boundary_name, job.outline_sha256, job.started_at or job.created_at, now, job.setup or {},
        [(one.processor, one.result or {}) for one in work.tasks], SOFTWARE, version("catalog"),
    )  # fmt: skip
