"""Imports whose worker sends no heartbeat any more begin anew."""

from datetime import datetime

from sqlalchemy import func, select

from catalog.labelstore.imports.tables import LabelImportRow
from catalog.labelstore.imports.usecases import queue_import
from catalog.shared.job_claim import UNFINISHED
from catalog.shared.stale_jobs import stale_job_reaper
from kit.db.database import Database
from kit.jobs.reaper import Reaper
from kit.messaging.tx import Tx

_sign = func.coalesce(LabelImportRow.beat_at, LabelImportRow.updated_at)


async def stale_imports(db: Database, since: datetime) -> list[tuple[int, datetime]]:
    """Returns imports without a heartbeat since that time."""
    rows = select(LabelImportRow.id, _sign).where(LabelImportRow.state.in_(UNFINISHED), _sign < since)
    async with db.session() as session:
        return [(row_id, seen) for row_id, seen in (await session.execute(rows)).tuples().all()]


async def restart_import(import_id: int, seen: datetime, tx: Tx) -> bool:
    row = await tx.session.get(LabelImportRow, import_id, with_for_update=True)
    if row is None or row.state not in UNFINISHED or (row.beat_at or row.updated_at) != seen:
        return False
    queue_import(row, tx)
    return True


def import_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return stale_job_reaper("label imports", "bulk", stale_imports, restart_import, limit)
