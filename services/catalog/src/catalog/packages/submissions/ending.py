"""The ends of tasks and jobs, each by one compare-and-set: whoever ends the last task sends the finaliser."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from catalog.packages.submissions.domain import OPEN, revoked
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.base import Job
from contracts.catalog.package_jobs import FinaliseInTurnJob, FinalisePackageJob
from kit.messaging.tx import Tx

task = PackageTaskRow
IS_OPEN: ColumnElement[bool] = task.status.in_(sorted(OPEN))


async def end_task(
    job_id: UUID, number: int, status: str, result: dict[str, Any], tx: Tx, code: str = "", **more: Any
) -> bool:
    """Ends one task. Returns False, and changes nothing, when it has ended before: terminal states are final."""
    await lock_job(job_id, tx)
    mine = (task.job_id == job_id, task.number == number)
    ended = await _end(mine, status, result, code, more, tx)
    if ended:
        await _send_finaliser(job_id, tx)
    return bool(ended)


async def revoke_tasks(job_id: UUID, reason: str, tx: Tx, *which: ColumnElement[bool]) -> Sequence[int]:
    """Revokes the open tasks of a job, or those that meet the conditions. Returns their numbers."""
    await lock_job(job_id, tx)
    ended = await _end((task.job_id == job_id, *which), "REVOKED", revoked(reason), "revoked", {}, tx)
    if ended:
        await _send_finaliser(job_id, tx)
    return ended


async def lock_job(job_id: UUID, tx: Tx) -> None:
    """Holds the job's row: of two last tasks, the second sees the end of the first."""
    await tx.session.execute(select(PackageJobRow.id).where(PackageJobRow.id == job_id).with_for_update())


async def _end(
    which: Sequence[ColumnElement[bool]], status: str, result: dict[str, Any], code: str, more: dict[str, Any], tx: Tx
) -> Sequence[int]:
    values = {"status": status, "result": result, "code": code, "ended_at": func.now(), "stage": "", **more}
    ended = update(task).where(*which, IS_OPEN).values(values).returning(task.number)
    return (await tx.session.scalars(ended)).all()


async def _send_finaliser(job_id: UUID, tx: Tx) -> None:
    open_ones = await tx.session.scalar(select(func.count()).where(task.job_id == job_id, IS_OPEN))
    if open_ones:
        return
    job = PackageJobRow
    first = update(job).where(job.id == job_id, job.finalising_at.is_(None)).values(finalising_at=func.now())
    if (await tx.session.execute(first.returning(job.id))).first():
        in_turn = tx.cause is not None and isinstance(tx.cause.message, Job)
        tx.emit(FinaliseInTurnJob(job_id=job_id) if in_turn else FinalisePackageJob(job_id=job_id))
