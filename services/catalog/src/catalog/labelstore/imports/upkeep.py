"""Upkeep of imports: those whose worker sends no heartbeat any more begin anew, and files that nobody imports go."""

from datetime import datetime

from sqlalchemy import func, or_, select

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports.tables import LabelImportRow
from catalog.labelstore.imports.usecases import queue_import
from catalog.labelstore.sweeping import since
from catalog.shared.job_claim import UNFINISHED
from catalog.shared.stale_jobs import stale_job_reaper
from kit.app import Service
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


async def sweep_imports(service: Service, files: LabelFiles) -> int:
    """Removes uploaded files whose import was not touched since their grant ended, unless it is under way."""
    folder, before = f"{files.settings.label_imports}/", since(files)
    old = [(key, key.removeprefix(folder).partition("/")) for key in await files.storage.keys(folder, before)]
    uploads = {key: int(number) for key, (number, slash, _) in old if slash and number.isdecimal()}
    async with service.db.session() as session:
        needed = or_(LabelImportRow.state.in_(UNFINISHED), LabelImportRow.updated_at >= before)
        rows = select(LabelImportRow.id).where(LabelImportRow.id == func.any(list(set(uploads.values()))), needed)
        kept = set((await session.scalars(rows)).all())
    gone = [key for key, number in uploads.items() if number not in kept]
    await files.storage.remove(gone)
    return len(gone)
