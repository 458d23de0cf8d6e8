"""Tasks whose worker gives no signs of life any more and for which no job waits: a reaper sends their job again."""

from datetime import datetime

from sqlalchemy import exists, func, select, update

from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from catalog.shared.stale_jobs import stale_job_reaper
from contracts.catalog.package_jobs import PackageTaskJob
from kit.db.database import Database
from kit.jobs.reaper import Reaper, Sign
from kit.jobs.tables import queued_jobs
from kit.messaging.tx import Tx

row = PackageTaskRow
IN_WORK = row.status.in_(("EXECUTING", "RETRY"))


async def stale_tasks(db: Database, since: datetime) -> list[Sign]:
    """Returns tasks in work without a sign of life since that time, and without a job in the queue."""
    queued = exists().where(queued_jobs.c.work == PackageJobRow.work, queued_jobs.c.state != "ended")
    silent = select(row.seq, row.beat_at).join(PackageJobRow).where(IN_WORK, row.beat_at < since, ~queued)
    async with db.session() as session:
        return [(seq, seen) for seq, seen in (await session.execute(silent)).tuples().all() if seen]


async def restart_task(seq: int, seen: datetime, tx: Tx) -> bool:
    """Returns False when there was another sign of life."""
    mine = (row.seq == seq, row.beat_at == seen, IN_WORK)
    revived = update(row).where(*mine).values(beat_at=func.now()).returning(row.job_id, row.number)
    found = (await tx.session.execute(revived)).first()
    if found is None:
        return False
    tx.emit(PackageTaskJob(job_id=found.job_id, task=found.number))
    return True


def task_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a sign of life."""
    return stale_job_reaper("package_tasks", "bulk", stale_tasks, restart_task, limit)
