"""One dashboard in a transaction: found, locked, and what the actor may do with it."""

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from contracts.notify.dashboards import DashboardHead, Level
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards.domain import allows
from notify.dashboards.refusals import not_found, not_permitted, protected, read_only
from notify.dashboards.tables import DashboardRow
from notify.dashboards.visibility import granted_to, level_of, visible_to

HEAD = (
    DashboardRow.id, DashboardRow.etag, DashboardRow.version, func.length(DashboardRow.body).label("characters"),
    DashboardRow.size_bytes,
)  # fmt: skip


async def check_writable(dashboard_id: str, tx: Tx, wanted: Level = "edit") -> DashboardRow | None:
    """Returns the row, None where there is none. Raises Forbidden where the actor may not change it."""
    return await _writable(dashboard_id, tx, wanted, lock=False)


async def locked(dashboard_id: str, tx: Tx, wanted: Level = "edit", ignores_protection: bool = False) -> DashboardRow:
    """Returns the row, locked, without its body. Raises Forbidden and NotFound."""
    row = await _writable(dashboard_id, tx, wanted, lock=True, ignores_protection=ignores_protection)
    if row is None:
        raise not_found(dashboard_id)
    return row


async def _writable(
    dashboard_id: str, tx: Tx, wanted: Level, lock: bool, ignores_protection: bool = False
) -> DashboardRow | None:
    found = select(DashboardRow, granted_to(tx.actor)).where(DashboardRow.id == dashboard_id, visible_to(tx.actor))
    if lock:
        found = found.with_for_update(of=DashboardRow)
    newest = found.options(defer(DashboardRow.body)).execution_options(populate_existing=True)
    pair = (await tx.session.execute(newest)).one_or_none()
    if pair is None:
        return None
    row = pair[0]
    if not allows(level_of(tx.actor, row.owner_id, row.everyone, pair[1]), wanted):
        raise not_permitted(dashboard_id)
    if row.protected and not ignores_protection:
        raise protected(dashboard_id)
    if row.provisioned is not None and not ignores_protection:
        raise read_only(dashboard_id)
    return row


async def visible(dashboard_id: str, read: ReadTx) -> tuple[DashboardRow, Level]:
    """Returns the row without its body, and what the actor may do. Raises NotFound."""
    found = select(DashboardRow, granted_to(read.actor)).where(DashboardRow.id == dashboard_id, visible_to(read.actor))
    pair = (await read.session.execute(found.options(defer(DashboardRow.body)))).one_or_none()
    if pair is None:
        raise not_found(dashboard_id)
    return pair[0], level_of(read.actor, pair[0].owner_id, pair[0].everyone, pair[1])


async def head(dashboard_id: str, tx: Tx) -> DashboardHead:
    """Returns the head of a row that exists."""
    row = (await tx.session.execute(select(*HEAD).where(DashboardRow.id == dashboard_id))).one()
    return DashboardHead.model_validate(row._asdict())
