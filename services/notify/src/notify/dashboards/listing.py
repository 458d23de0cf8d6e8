"""Lists of dashboards, and what one is beside its content."""

from typing import Any

from sqlalchemy import ColumnElement, Executable, any_, func, or_, select

from contracts.notify import dashboard_sharing as c
from contracts.notify.dashboards import DashboardText
from contracts.shared import Actor, Rows
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards.refusals import not_found
from notify.dashboards.tables import DashboardRow
from notify.dashboards.visibility import granted_to, level_of, listed_for, visible_to

SHOWN = (
    "id", "title", "tags", "listed", "everyone", "owner_id", "owner", "author", "version", "etag", "size_bytes",
    "created_at", "updated_at", "expires_at", "whitelisted", "protected",
)  # fmt: skip
_ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


async def list_dashboards(query: c.ListDashboards, read: ReadTx) -> Rows:
    wanted = [listed_for(read.actor), *_filters(query, read.actor)]
    count = await read.session.scalar(select(func.count()).select_from(DashboardRow).where(*wanted))
    newest = _rows(read.actor).where(*wanted).order_by(DashboardRow.updated_at.desc(), DashboardRow.id)
    rows = await read.session.execute(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[_shown(row._asdict(), read.actor).model_dump(mode="json") for row in rows])


def _filters(query: c.ListDashboards, actor: Actor) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.page.search:
        part = f"%{query.page.search.translate(_ESCAPED)}%"
        found.append(or_(*(column.ilike(part) for column in (DashboardRow.title, DashboardRow.id, DashboardRow.owner))))
    if query.tag is not None:
        found.append(query.tag == any_(DashboardRow.tags))  # type: ignore[arg-type]
    if query.mine:
        found.append(DashboardRow.owner_id == (None if actor.is_anonymous else actor.id))
    return found


async def details(dashboard_id: str, tx: ReadTx | Tx) -> c.DashboardDetails:
    """Raises NotFound."""
    mine = _rows(tx.actor).where(DashboardRow.id == dashboard_id, visible_to(tx.actor))
    row = (await tx.session.execute(mine)).one_or_none()
    if row is None:
        raise not_found(dashboard_id)
    return _shown(row._asdict(), tx.actor)


def _rows(actor: Actor) -> Any:
    provisioned = DashboardRow.provisioned.is_not(None).label("provisioned")
    return select(*(getattr(DashboardRow, name) for name in SHOWN), provisioned, granted_to(actor).label("granted"))


def _shown(row: dict[str, Any], actor: Actor) -> c.DashboardDetails:
    return c.DashboardDetails(permission=level_of(actor, row["owner_id"], row["everyone"], row.pop("granted")), **row)


async def accessed(statement: Executable, read: ReadTx, missing: NotFound) -> DashboardText:
    """Runs an update that returns a head and `text`. Raises `missing` where it finds no row."""
    async with read.db.raw() as connection:
        rows = await CompiledQuery(statement).rows(connection)
    if not rows:
        raise missing
    return DashboardText.model_validate(rows[0])
