"""Builds whose worker sends no heartbeat any more: a reaper restarts them."""

from datetime import datetime

from sqlalchemy import func, select

from catalog.datasets.build.usecases import last_heartbeat, send_job
from catalog.datasets.tables import DatasetRow
from catalog.shared.stale_jobs import stale_job_reaper
from kit.db.database import Database
from kit.jobs.reaper import Reaper
from kit.messaging.tx import Tx


async def stale_builds(db: Database, since: datetime) -> list[tuple[int, datetime]]:
    """Returns running builds without a heartbeat since that time, with the last heartbeat of each."""
    sign = func.coalesce(DatasetRow.beat_at, DatasetRow.last_modified)
    rows = select(DatasetRow.id, sign).where(DatasetRow.status == "building", sign < since).order_by(DatasetRow.id)
    async with db.session() as session:
        return [(dataset_id, seen) for dataset_id, seen in (await session.execute(rows)).tuples().all()]


async def restart_build(dataset_id: int, seen: datetime, tx: Tx) -> bool:
    """Starts a new build, whose number makes writes of the old one fail. Returns False when there was another
    heartbeat."""
    row = await tx.session.get(DatasetRow, dataset_id, with_for_update=True)
    if row is None or row.status != "building" or last_heartbeat(row) != seen:
        return False
    send_job(row, tx)
    return True


def build_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return stale_job_reaper("builds", "bulk", stale_builds, restart_build, limit)
