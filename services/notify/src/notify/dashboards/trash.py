"""What is kept of deleted and evicted dashboards, and of former versions, as long as there is room."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, tuple_, update

from kit.messaging.tx import Tx
from notify.dashboards.domain import prefix
from notify.dashboards.tables import DashboardRow, LinkRow, PermissionRow, VersionRow
from notify.dashboards.visibility import ALIVE

SPARED = timedelta(seconds=60)
"""The answer to a deletion is read from the trash."""
BATCH = 500
QUIETLY = {"synchronize_session": False}


async def trim(tx: Tx, wanted: int) -> None:
    """Gives back `wanted` bytes: of what lies in the trash for longest, then of the oldest versions."""
    while wanted > 0 and (freed := await _trim_trash(tx, wanted)):
        wanted -= freed
    while wanted > 0 and (freed := await _trim_versions(tx, wanted)):
        wanted -= freed


async def _trim_trash(tx: Tx, wanted: int) -> int:
    size = DashboardRow.size_bytes + DashboardRow.history_bytes
    old = select(DashboardRow.id, size).where(DashboardRow.deleted_at < func.clock_timestamp() - SPARED)
    rows = [(row[0], row[1]) for row in await tx.session.execute(old.order_by(DashboardRow.deleted_at).limit(BATCH))]
    chosen = prefix(rows, wanted)
    await purge(tx, chosen)
    return sum(dict(rows)[one] for one in chosen)


async def _trim_versions(tx: Tx, wanted: int) -> int:
    oldest = select(VersionRow.dashboard_id, VersionRow.number, VersionRow.size_bytes).order_by(VersionRow.created_at)
    rows = {(row[0], row[1]): row[2] for row in await tx.session.execute(oldest.limit(BATCH))}
    chosen = prefix(rows.items(), wanted)
    if chosen:
        dashboards = sorted({key[0] for key in chosen})
        mine = select(DashboardRow.id).where(DashboardRow.id.in_(dashboards))
        await tx.session.execute(mine.order_by(DashboardRow.id).with_for_update())
        keys = tuple_(VersionRow.dashboard_id, VersionRow.number).in_(chosen)
        await tx.session.execute(delete(VersionRow).where(keys), execution_options=QUIETLY)
        await count_history(tx, dashboards)
    return sum(rows[key] for key in chosen)


async def count_history(tx: Tx, dashboards: Sequence[str]) -> None:
    """Writes how many bytes the versions of these dashboards have."""
    size = select(func.coalesce(func.sum(VersionRow.size_bytes), 0)).where(VersionRow.dashboard_id == DashboardRow.id)
    mine = update(DashboardRow).where(DashboardRow.id.in_(dashboards))
    await tx.session.execute(mine.values(history_bytes=size.scalar_subquery()), execution_options=QUIETLY)


async def purge(tx: Tx, dashboards: Sequence[str]) -> None:
    """Deletes those of these dashboards that are in the trash, or are previews whose time is over, for good."""
    over = select(DashboardRow.id).where(DashboardRow.id.in_(dashboards), ~ALIVE)
    gone = (await tx.session.scalars(over.order_by(DashboardRow.id).with_for_update())).all()
    for row in (VersionRow, PermissionRow, LinkRow):
        await tx.session.execute(delete(row).where(row.dashboard_id.in_(gone)), execution_options=QUIETLY)
    await tx.session.execute(delete(DashboardRow).where(DashboardRow.id.in_(gone)), execution_options=QUIETLY)
