"""What may be known of work in the queue, and how it is cancelled. A work is named by the id of the message that it
goes back to (`Envelope.work`): in the handler of a command, `tx.cause.work`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select, tuple_, update

from kit.errors import NotFound
from kit.jobs.tables import queued_jobs
from kit.messaging.tx import ReadTx, Tx

job = queued_jobs.c


@dataclass(frozen=True)
class QueuedWork:
    """The jobs of one work. `position` counts the works that begin no later, itself included; None when it has begun.
    `percent` (0 to 100) and `stage` are those of the job that began last."""

    jobs: int
    ended: int
    position: int | None
    percent: float | None
    stage: str
    cancelled: bool


async def status(work: UUID, read: ReadTx | Tx) -> QueuedWork:
    """Returns what is known of the work. Raises NotFound for one that was never queued, or ended more than
    `upkeep.RETENTION` ago."""
    rows = select(queued_jobs).where(job.work == work).order_by(job.started_at.desc().nulls_last(), job.seq)
    found = (await read.session.execute(rows)).all()
    if not found:
        raise NotFound("work_not_found", str(work))
    latest = found[0]
    ended = sum(row.state == "ended" for row in found)
    waits = latest.started_at is None and ended < len(found)
    position = await read.session.scalar(_position(latest.job_group, latest.turn)) if waits else None
    return QueuedWork(len(found), ended, position, latest.percent, latest.stage, any(row.cancelled for row in found))


def _position(group: str, turn: int) -> Select[Any]:
    """Each user's first work comes before anybody's second one; works of the same place come in the order of arrival.
    Those that have begun take a place of their user and none of the queue."""
    works = (
        select(job.turn, func.bool_or(job.started_at.is_not(None)).label("begun"),
               func.row_number().over(partition_by=job.user_id, order_by=job.turn).label("place"))
        .where(job.job_group == group, job.state != "ended")
        .group_by(job.user_id, job.turn)
    ).cte("works")  # fmt: skip
    mine = select(works.c.place).where(works.c.turn == turn).scalar_subquery()
    before = tuple_(works.c.place, works.c.turn) <= tuple_(mine, turn)
    return select(func.count()).select_from(works).where(~works.c.begun, before)


async def cancel(work: UUID, tx: Tx) -> None:
    """Ends the jobs of the work that wait; those that have begun see it in `JobContext.is_cancelled`. What becomes of
    rows, events and files of the work is the caller's business."""
    waits = job.state == "waiting"
    mine = update(queued_jobs).where(job.work == work, job.state != "ended")
    await tx.session.execute(
        mine.values(
            cancelled=True,
            state=case((waits, "ended"), else_=job.state),
            ended_at=case((waits, func.now()), else_=None),
        )
    )
