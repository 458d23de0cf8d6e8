"""Jobs for packages are taken and cancelled here; `catalog.packages.production` does them."""

from collections.abc import Collection
from uuid import UUID, uuid4

from sqlalchemy import select

from catalog.packages.submissions import domain
from catalog.packages.submissions.areas import Area, AreaReader
from catalog.packages.submissions.ending import lock_job, revoke_tasks
from catalog.packages.submissions.rules import SubmissionRules
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from catalog.packages.submissions.visibility import may_cancel
from contracts.catalog import package_jobs as c
from kit.errors import Conflict, Invalid, NotFound, Unprocessable
from kit.jobs import queued_work
from kit.messaging.tx import Tx


async def submit(command: c.SubmitPackageJob, tx: Tx, areas: AreaReader, rules: SubmissionRules) -> UUID:
    """Stores the job and sends a job for each processor. The checks come in the order of the public interface."""
    if domain.first_repeated(command.processors):
        raise Unprocessable("duplicate_processors", domain.DUPLICATES, processors=[domain.DUPLICATES])
    if not rules.enabled:
        raise Invalid("jobs_closed", domain.NOT_ACCEPTED)
    area = await areas.read(command.area, rules.quota.area_limit(tx.actor), tx)
    rules.ensure_known(command.processors)
    await rules.quota.ensure_room(tx.actor, tx)
    job = _job(command, area, tx)
    tx.session.add(job)
    await tx.session.flush()
    _add_tasks(job, command.processors, tx)
    return job.id


def _job(command: c.SubmitPackageJob, area: Area, tx: Tx) -> PackageJobRow:
    job_id = tx.cause.id if tx.cause else uuid4()
    return PackageJobRow(
        id=job_id, work=tx.cause.work if tx.cause else job_id, user_id=tx.actor.id, boundary_name=area.name,
        title=area.title, outline=area.outline, outline_sha256=area.sha256,
        options=command.options.model_dump(mode="json"), redo=command.redo, notify=command.notify,
    )  # fmt: skip


def _add_tasks(job: PackageJobRow, processors: Collection[str], tx: Tx) -> None:
    for number, processor in enumerate(processors):
        task_id = job.id if len(processors) == 1 else uuid4()
        tx.session.add(PackageTaskRow(job_id=job.id, number=number, id=task_id, processor=processor))
        tx.emit(c.PackageTaskJob(job_id=job.id, task=number))
    about = {"job_id": job.id, "user_id": job.user_id, "boundary_name": job.boundary_name, "title": job.title}
    tx.emit(c.PackageJobSubmitted(**about, processors=list(processors)))


async def cancel(job_id: UUID, tx: Tx) -> None:
    """Revokes what has not ended; what has succeeded stays. Workers notice within a second or two."""
    await lock_job(job_id, tx)
    job = await tx.session.scalar(select(PackageJobRow).where(PackageJobRow.id == job_id))
    if job is None or not may_cancel(tx.actor, job):
        raise NotFound("job_not_found", f"Job not found: {job_id}")
    if job.cancelled:
        return
    if job.status == "COMPLETE" or not await revoke_tasks(job_id, domain.CANCELLED, tx):
        raise Conflict("job_ended", "This job has ended already.")
    job.cancelled = True
    await queued_work.cancel(job.work, tx)
