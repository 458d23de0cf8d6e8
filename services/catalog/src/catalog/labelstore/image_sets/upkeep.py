"""Upkeep of image sets: stale ingests begin anew, and late uploads are removed."""

from datetime import datetime

from sqlalchemy import func, select

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.tables import ImageSetRow
from catalog.labelstore.image_sets.usecases import queue_ingest
from catalog.labelstore.sweeping import since
from catalog.shared.job_claim import UNFINISHED
from catalog.shared.stale_jobs import stale_job_reaper
from kit.app import Service
from kit.db.database import Database
from kit.jobs.reaper import Reaper
from kit.messaging.tx import Tx

_sign = func.coalesce(ImageSetRow.beat_at, ImageSetRow.ingest_updated_at)


async def stale_ingests(db: Database, since: datetime) -> list[tuple[int, datetime]]:
    """Returns ingests without a heartbeat since that time."""
    rows = select(ImageSetRow.id, _sign).where(ImageSetRow.ingest_state.in_(UNFINISHED), _sign < since)
    async with db.session() as session:
        return [(row_id, seen) for row_id, seen in (await session.execute(rows)).tuples().all()]


async def restart_ingest(imageset_id: int, seen: datetime, tx: Tx) -> bool:
    row = await tx.session.get(ImageSetRow, imageset_id, with_for_update=True)
    if row is None or row.ingest_state not in UNFINISHED or (row.beat_at or row.ingest_updated_at) != seen:
        return False
    queue_ingest(row, tx)
    return True


def ingest_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return stale_job_reaper("ingests", "bulk", stale_ingests, restart_ingest, limit)


async def sweep_dropboxes(service: Service, files: LabelFiles) -> int:
    """Removes what came into dropboxes after their sets were ingested."""
    recent = ImageSetRow.date_finished > since(files)
    ingested = select(ImageSetRow.title).where(ImageSetRow.ingest_state == "done", recent)
    async with service.db.session() as session:
        titles = (await session.scalars(ingested)).all()
    late = [key for title in titles for key in await files.storage.keys(files.dropbox(title))]
    await files.storage.remove(late)
    return len(late)
