"""Pushes that no worker gives a sign of life for are begun anew; they go on with the project that there is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from contracts.prediction.mapswipe import MapswipeJob
from kit.app import Service
from kit.jobs.reaper import Reaper, Sign
from kit.messaging.tx import Tx
from prediction.mapswipe.tables import MapswipeRow

SILENCE = timedelta(minutes=20)
"""Longer than a busy server may ask a job to wait, and than a step of a push takes."""
UNDER_WAY = ("queued", "pushing")


def stale_push_reaper() -> Reaper:
    return Reaper("pushes", "interactive", _silent, _begin_anew)


async def _silent(service: Service) -> list[Sign]:
    rows = select(MapswipeRow.prediction_id, MapswipeRow.updated_at)
    rows = rows.where(MapswipeRow.state.in_(UNDER_WAY), MapswipeRow.updated_at < datetime.now(UTC) - SILENCE)
    async with service.db.session() as session:
        return [(prediction_id, seen) for prediction_id, seen in (await session.execute(rows)).tuples().all()]


async def _begin_anew(sign: Sign, tx: Tx) -> bool:
    """A new attempt fences off whoever may come back to the old one."""
    row = await tx.session.get(MapswipeRow, sign[0], with_for_update=True)
    if row is None or row.state not in UNDER_WAY or row.updated_at != sign[1]:
        return False
    row.attempt, row.state, row.delivery, row.updated_at = row.attempt + 1, "queued", 0, datetime.now(UTC)
    tx.emit(MapswipeJob(prediction_id=row.prediction_id, attempt=row.attempt))
    return True
