"""Deletes what is over: trash after its days, previews and links after their time."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select

from kit.app import Service
from notify import dispatcher
from notify.dashboards import trash
from notify.dashboards.settings import DashboardSettings
from notify.dashboards.tables import DashboardRow, LinkRow

EVERY = 600.0
BATCH = 500
QUIETLY = {"synchronize_session": False}


async def clean_forever(service: Service, settings: DashboardSettings) -> None:
    await dispatcher.run_periodically(lambda one: clean(one, settings), service, EVERY)


async def clean(service: Service, settings: DashboardSettings) -> bool:
    """True when there may be more."""
    now = func.clock_timestamp()
    old = DashboardRow.deleted_at < now - max(timedelta(days=settings.dashboard_trash_days), trash.SPARED)
    async with service.tx() as tx:
        over = select(DashboardRow.id).where(or_(old, DashboardRow.expires_at < now)).limit(BATCH)
        found = (await tx.session.scalars(over)).all()
        await trash.purge(tx, found)
        await tx.session.execute(delete(LinkRow).where(LinkRow.expires_at < now), execution_options=QUIETLY)
    return len(found) == BATCH
