"""Fails fetches and uploads whose worker has died or whose parts never arrived. The request exists only in the job,
so the owner has to send it again."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from catalog.aoi_labels import bulk_write
from catalog.areas.tables import AoiRow
from kit.app import Service
from kit.jobs.reaper import Reaper, Sign
from kit.messaging.tx import Tx

SILENCE = timedelta(hours=1)
"""Longer than any fetch with its retries."""
REASON = "This was interrupted. Try it again."


def label_reaper() -> Reaper:
    return Reaper("labels", "interactive", _silent, _fail)


async def _silent(service: Service) -> list[Sign]:
    rows = select(AoiRow.id, AoiRow.label_since)
    rows = rows.where(AoiRow.label_status == 0, AoiRow.label_since < datetime.now(UTC) - SILENCE)
    async with service.db.session() as session:
        return [(aoi_id, since) for aoi_id, since in (await session.execute(rows)).tuples().all() if since]


async def _fail(sign: Sign, tx: Tx) -> bool:
    aoi = await tx.session.get(AoiRow, sign[0], with_for_update=True)
    if aoi is None or aoi.label_status != 0 or aoi.label_since != sign[1]:
        return False
    await bulk_write.mark_failed(
        aoi, "upload" if await bulk_write.count_waiting_parts(aoi.id, tx) else "osm", REASON, tx
    )
    return True
