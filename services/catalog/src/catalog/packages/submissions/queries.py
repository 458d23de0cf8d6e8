"""Reads of jobs."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from catalog.packages.submissions.presenter import PackageAddresses, present
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from catalog.packages.submissions.visibility import visible_to
from contracts.catalog import package_jobs as c
from contracts.shared import Rows
from kit.errors import NotFound
from kit.jobs import queued_work
from kit.messaging.tx import ReadTx, Tx

PAST_RUNS = 20
"""Runs of a processor from which the remaining time is estimated."""


async def get_job(job_id: UUID, read: ReadTx | Tx, addresses: PackageAddresses) -> c.PackageJob:
    """Raises NotFound."""
    job = await read.session.get(PackageJobRow, job_id, populate_existing=True)
    if job is None:
        raise NotFound("job_not_found", f"Job not found: {job_id}")
    return (await _presented([job], read, addresses))[0]


async def list_jobs(query: c.ListPackageJobs, read: ReadTx, addresses: PackageAddresses) -> Rows:
    """Newest first."""
    rows = select(PackageJobRow).where(visible_to(read.actor))
    if query.boundary_name is not None:
        rows = rows.where(PackageJobRow.boundary_name == query.boundary_name)
    if query.status is not None:
        rows = rows.where(PackageJobRow.status == query.status)
    count = await read.session.scalar(rows.with_only_columns(func.count(), maintain_column_froms=True))
    newest = rows.order_by(PackageJobRow.created_at.desc(), PackageJobRow.id)
    found = (await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))).all()
    shown = await _presented(found, read, addresses)
    return Rows(count=count or 0, results=[one.model_dump(mode="json") for one in shown])


async def _presented(
    jobs: Sequence[PackageJobRow], read: ReadTx | Tx, addresses: PackageAddresses
) -> list[c.PackageJob]:
    tasks: dict[UUID, list[PackageTaskRow]] = defaultdict(list)
    wanted = select(PackageTaskRow).where(PackageTaskRow.job_id.in_([job.id for job in jobs]))
    ordered = wanted.order_by(PackageTaskRow.number).execution_options(populate_existing=True)
    for task in await read.session.scalars(ordered):
        tasks[task.job_id].append(task)
    past = await past_seconds({task.processor for some in tasks.values() for task in some}, read)
    return [
        present(job, tasks[job.id], addresses.of(job.boundary_name), await position(job, read), past) for job in jobs
    ]


async def position(job: PackageJobRow, read: ReadTx | Tx) -> int | None:
    """Returns the position in the queue; None once the job has begun, and for jobs that never queue."""
    if job.started_at is not None or job.status == "COMPLETE":
        return None
    try:
        return (await queued_work.status(job.work, read)).position
    except NotFound:
        return None


async def past_seconds(processors: set[str], read: ReadTx | Tx) -> dict[str, list[float]]:
    """Returns the seconds of the last successful runs, by processor."""
    found = {name: (await read.session.scalars(_past(name))).all() for name in sorted(processors)}
    return {name: [float(one) for one in seconds] for name, seconds in found.items()}


def _past(processor: str) -> Select[Any]:
    seconds = func.extract("epoch", PackageTaskRow.ended_at - PackageTaskRow.started_at)
    return (
        select(seconds)
        .where(PackageTaskRow.processor == processor, PackageTaskRow.status == "SUCCESS")
        .order_by(PackageTaskRow.ended_at.desc())
        .limit(PAST_RUNS)
    )
