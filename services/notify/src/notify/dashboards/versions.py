"""Former contents of dashboards: the last MAX_VERSIONS of each."""

from sqlalchemy import delete, func, insert, select

from contracts.notify.dashboards import MAX_VERSIONS, DashboardVersion
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards.rows import visible
from notify.dashboards.tables import DashboardRow, VersionRow

COPIED = ("body", "size_bytes", "etag", "author_id", "author", "message", "restored_from")


async def keep(tx: Tx, row: DashboardRow) -> None:
    """Copies the content that the row has into its versions, and drops the oldest of them. The row is locked."""
    source = [
        DashboardRow.id,
        DashboardRow.version,
        DashboardRow.updated_at,
        *(getattr(DashboardRow, one) for one in COPIED),
    ]
    content = select(*source).where(DashboardRow.id == row.id)
    await tx.session.execute(insert(VersionRow).from_select(["dashboard_id", "number", "created_at", *COPIED], content))
    old = (VersionRow.dashboard_id == row.id) & (VersionRow.number <= row.version - MAX_VERSIONS)
    await tx.session.execute(delete(VersionRow).where(old), execution_options={"synchronize_session": False})
    size = select(func.coalesce(func.sum(VersionRow.size_bytes), 0)).where(VersionRow.dashboard_id == row.id)
    row.history_bytes = int(await tx.session.scalar(size) or 0)


async def find(tx: Tx, dashboard_id: str, number: int) -> VersionRow | None:
    return await tx.session.get(VersionRow, (dashboard_id, number))


async def list_versions(dashboard_id: str, read: ReadTx) -> list[DashboardVersion]:
    """Newest first, the current one included."""
    row, _ = await visible(dashboard_id, read)
    names = ("size_bytes", "author_id", "author", "message", "restored_from")
    former = (getattr(VersionRow, name) for name in ("number", "created_at", *names))
    mine = select(*former).where(VersionRow.dashboard_id == dashboard_id).order_by(VersionRow.number.desc())
    current = {name: getattr(row, name) for name in names}
    found = [DashboardVersion(version=row.version, created_at=row.updated_at, current=True, **current)]
    for number, created_at, *values in await read.session.execute(mine):
        kept = dict(zip(names, values, strict=True))
        found.append(DashboardVersion(version=number, created_at=created_at, current=False, **kept))
    return found
