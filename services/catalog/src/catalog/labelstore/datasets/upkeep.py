"""Versions and exports whose worker sends no heartbeat any more: reapers begin them anew."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from catalog.labelstore.datasets.tables import LabelDatasetRow, LabelExportRow
from catalog.labelstore.datasets.usecases import restart_dataset, restart_export
from catalog.shared.job_claim import UNFINISHED
from catalog.shared.stale_jobs import stale_job_reaper
from kit.db.database import Database
from kit.jobs.reaper import Reaper
from kit.messaging.tx import Tx


def dataset_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return _reaper("label datasets", LabelDatasetRow, restart_dataset, limit)


def export_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return _reaper("label exports", LabelExportRow, restart_export, limit)


def _reaper(kind: str, row: Any, restart: Any, limit: float) -> Reaper:
    sign = func.coalesce(row.beat_at, row.updated_at)

    async def find(db: Database, since: datetime) -> list[tuple[int, datetime]]:
        async with db.session() as session:
            found = await session.execute(select(row.id, sign).where(row.state.in_(UNFINISHED), sign < since))
            return [(row_id, seen) for row_id, seen in found.tuples().all()]

    async def begin_anew(row_id: int, seen: datetime, tx: Tx) -> bool:
        found = await tx.session.get(row, row_id, with_for_update=True)
        if found is None or found.state not in UNFINISHED or (found.beat_at or found.updated_at) != seen:
            return False
        restart(found, tx)
        return True

    return stale_job_reaper(kind, "bulk", find, begin_anew, limit)
