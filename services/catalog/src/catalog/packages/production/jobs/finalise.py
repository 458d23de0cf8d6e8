"""The end of a job: the data package gets the resources of what was made, the provenance one member, and the job is
complete. Written by one job at a time for each package; completed by one compare-and-set."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production import locks
from catalog.packages.production.child.state import Asked
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.outcome import ProcessorFailed
from catalog.packages.storage.port import VersionRef
from catalog.packages.submissions import domain
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import FinalisePackageJob, PackageJobCompleted
from extracts.package import with_resources, without_resource
from extracts.provenance import JobRecord, with_job
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import while_beating
from kit.messaging.tx import Tx
from kit.outages import describe_outage, is_outage

log = logging.getLogger("catalog.packages")
LEASE = 15.0
"""Seconds without renewal after which another job may write the package."""
BEAT = 3.0
LOOK = 0.5
"""Seconds between two tries to take the lock."""
SOFTWARE = "fairway"
UNWRITTEN = "The data package or the provenance could not be written: {reason}"


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


async def finalise(job: FinalisePackageJob, context: JobContext, tools: ProductionContext) -> None:
    """Safe to repeat."""
    work = await _load(job.job_id, context, tools)
    if work is None:
        return
    problem = ""
    try:
        await _write_documents(work)
    except Exception as error:
        if not (work.is_late or context.gives_up(error)):
            raise
        log.error("package.unwritten", exc_info=error, extra={"fields": {"job": str(job.job_id)}})
        reason = describe_outage(error) if is_outage(error) else type(error).__name__
        problem = UNWRITTEN.format(reason=reason)
    await context.write(lambda tx: complete(work, problem, tx))
    await _clear(work)


async def give_up(job: FinalisePackageJob, context: JobContext, tools: ProductionContext) -> None:
    """For a job whose workers died each time."""
    work = await _load(job.job_id, context, tools)
    if work is not None:
        problem = UNWRITTEN.format(reason="it was interrupted several times")
        await context.write(lambda tx: complete(work, problem, tx))


async def _load(job_id: UUID, context: JobContext, tools: ProductionContext) -> Finalising | None:
    """None for a job that is complete or forgotten, or whose tasks have not ended."""
    async with context.read() as read:
        row = await read.session.get(PackageJobRow, job_id, options=[undefer(PackageJobRow.outline)])
        ordered = select(PackageTaskRow).where(PackageTaskRow.job_id == job_id).order_by(PackageTaskRow.number)
        tasks = (await read.session.scalars(ordered)).all()
    if row is None or row.status == "COMPLETE" or any(one.status in domain.OPEN for one in tasks):
        return None
    return Finalising(row, tasks, context, tools)


async def _write_documents(work: Finalising) -> None:
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


async def complete(work: Finalising, problem: str, tx: Tx) -> None:
    """True to one of all deliveries, which tells of it."""
    row, job = PackageJobRow, work.job
    done = update(row).where(row.id == job.id, row.status == "PENDING").returning(row.cancelled)
    values = {"status": "COMPLETE", "problem": problem, "ended_at": func.now()}
    if (first := (await tx.session.execute(done.values(values))).first()) is None:
        return
    for task in work.tasks:
        await fan_out.forget(task.id, tx)
    tx.emit(_completed(work, first.cancelled))


def _completed(work: Finalising, cancelled: bool) -> PackageJobCompleted:
    job = work.job
    about = {"job_id": job.id, "user_id": job.user_id, "boundary_name": job.boundary_name, "title": job.title}
    outcomes = {one.processor: one.status for one in work.tasks}
    uri = work.tools.storage.uri(f"{job.boundary_name}/")
    ended = {"outcomes": outcomes, "cancelled": cancelled, "package_uri": uri, "notify": job.notify}
    return PackageJobCompleted.model_validate(about | ended)


async def _clear(work: Finalising) -> None:
    """Removes what tasks without success have staged."""
    for task in work.tasks:
        if task.status != "SUCCESS" and task.place == task.id.hex:
            await work.tools.storage.unstage(task.place)
