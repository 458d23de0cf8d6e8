"""Registrations whose worker sends no heartbeat any more: a reaper restarts them."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from catalog.models.tables import BaseModelRow
from catalog.shared.stale_jobs import stale_job_reaper
from contracts.catalog.models import BaseModelRegistrationJob
from kit.db.database import Database
from kit.jobs.reaper import Reaper
from kit.messaging.tx import Tx


async def stale_registrations(db: Database, since: datetime) -> list[tuple[int, datetime]]:
    """Returns running registrations without a heartbeat since that time, with the last heartbeat of each."""
    sign = func.coalesce(BaseModelRow.beat_at, BaseModelRow.last_modified)
    rows = select(BaseModelRow.id, sign).where(BaseModelRow.status == "registering", sign < since)
    async with db.session() as session:
        return [(model_id, seen) for model_id, seen in (await session.execute(rows)).tuples().all()]


async def restart_registration(model_id: int, seen: datetime, tx: Tx) -> bool:
    """Restarts it with the same version; the new generation makes writes of the old one fail. Returns False when
    there was another heartbeat."""
    row = await tx.session.get(BaseModelRow, model_id, with_for_update=True)
    if row is None or row.status != "registering" or (row.beat_at or row.last_modified) != seen:
        return False
    row.generation, row.beat_at, row.last_modified = row.generation + 1, None, datetime.now(UTC)
    tx.emit(BaseModelRegistrationJob(model_id=row.id, user_id=row.user_id, generation=row.generation))
    return True


def registration_reaper(limit: float) -> Reaper:
    """`limit`: seconds without a heartbeat."""
    return stale_job_reaper("registrations", "interactive", stale_registrations, restart_registration, limit)
