"""The end of a job: the data package gets the resources of what was made, the provenance one member, and the job is
complete. Written by one job at a time for each package; completed by one compare-and-set."""

import asyncio
import logging
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.jobs.documents import Finalising, write_documents
from catalog.packages.submissions import domain
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import PackageItemJob, PackageJobCompleted
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from kit.outages import describe_outage, is_outage

log = logging.getLogger("catalog.packages")
PATIENCE = 5.0
"""Seconds that the catalogue has for the item; else a job of its own makes it."""
UNWRITTEN = "The data package or the provenance could not be written: {reason}"


async def finalise(job_id: UUID, context: JobContext, tools: ProductionContext) -> None:
    """Safe to repeat."""
    work = await _load(job_id, context, tools)
    if work is None:
        return
    problem = ""
    try:
        await write_documents(work)
    except Exception as error:
        if not (work.is_late or context.gives_up(error)):
            raise
        log.error("package.unwritten", exc_info=error, extra={"fields": {"job": str(job_id)}})
        reason = describe_outage(error) if is_outage(error) else type(error).__name__
        problem = UNWRITTEN.format(reason=reason)
    published = await _publish(work)
    await context.write(lambda tx: complete(work, problem, published, tx))
    await _clear(work)


async def give_up(job_id: UUID, context: JobContext, tools: ProductionContext) -> None:
    """For a job whose workers died each time."""
    work = await _load(job_id, context, tools)
    if work is not None:
        problem = UNWRITTEN.format(reason="it was interrupted several times")
        await context.write(lambda tx: complete(work, problem, False, tx))


async def _load(job_id: UUID, context: JobContext, tools: ProductionContext) -> Finalising | None:
    """None for a job that is complete or forgotten, or whose tasks have not ended."""
    async with context.read() as read:
        row = await read.session.get(PackageJobRow, job_id, options=[undefer(PackageJobRow.outline)])
        ordered = select(PackageTaskRow).where(PackageTaskRow.job_id == job_id).order_by(PackageTaskRow.number)
        tasks = (await read.session.scalars(ordered)).all()
    if row is None or row.status == "COMPLETE" or any(one.status in domain.OPEN for one in tasks):
        return None
    return Finalising(row, tasks, context, tools)


async def _publish(work: Finalising) -> bool:
    """Makes the catalogue's item. Returns False when it could not be made now."""
    try:
        async with asyncio.timeout(PATIENCE), work.context.read() as read:
            await work.tools.publish(work.job.boundary_name, read)
    except Exception as error:
        log.warning("package.unpublished", extra={"fields": {"reason": repr(error)}})
        return False
    return True


async def complete(work: Finalising, problem: str, published: bool, tx: Tx) -> None:
    """Completes the job once, whichever delivery is first, and tells of it."""
    row, job = PackageJobRow, work.job
    done = update(row).where(row.id == job.id, row.status == "PENDING").returning(row.cancelled)
    values = {"status": "COMPLETE", "problem": problem, "ended_at": func.now()}
    if (first := (await tx.session.execute(done.values(values))).first()) is None:
        return
    for task in work.tasks:
        await fan_out.forget(task.id, tx)
    tx.emit(_completed(work, first.cancelled))
    if not published:
        tx.emit(PackageItemJob(boundary_name=job.boundary_name))


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
