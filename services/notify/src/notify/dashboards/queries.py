from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from contracts.notify import dashboards as c
from contracts.shared import Rows
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import ReadTx
from notify.dashboards.refusals import not_found
from notify.dashboards.rows import HEAD, visible
from notify.dashboards.tables import DashboardRow, VersionRow
from notify.dashboards.visibility import ALIVE, restorable_by, visible_to

EXPORT_ROWS, EXPORT_BYTES = 500, 4_000_000
"""Records of one slice of an export, and bytes of their contents."""
RECORD = (
    "id", "etag", "version", "size_bytes", "last_access", "whitelisted", "protected", "created_at", "updated_at",
    "owner_id", "owner", "title", "tags", "expires_at",
)  # fmt: skip


async def get_dashboard(dashboard_id: str, read: ReadTx) -> c.DashboardText:
    """Counts as an access, in the statement that reads."""
    mine = update(DashboardRow).where(DashboardRow.id == dashboard_id, visible_to(read.actor))
    text = func.left(DashboardRow.body, c.MAX_TEXT).label("text")
    accessed = CompiledQuery(mine.values(last_access=func.clock_timestamp()).returning(*HEAD, text))
    async with read.db.raw() as connection:
        rows = await accessed.rows(connection)
    if not rows:
        raise not_found(dashboard_id)
    return c.DashboardText.model_validate(rows[0])


async def get_text(query: c.GetDashboardText, read: ReadTx) -> c.DashboardText:
    """Whoever names the tag of a deleted dashboard has read it before."""
    seen = or_(visible_to(read.actor), DashboardRow.deleted_at.is_not(None))
    mine = (DashboardRow.id == query.dashboard_id) & (DashboardRow.etag == query.etag)
    found = await _text(_current(query.start).where(mine, seen), read)
    if found is None:
        await visible(query.dashboard_id, read)
        former = (VersionRow.dashboard_id == query.dashboard_id) & (VersionRow.etag == query.etag)
        found = await _text(_former(query.start).where(former), read)
    if found is None:
        raise NotFound("content_not_found", "This content is not stored any more: read the dashboard again.")
    return found


async def get_version(query: c.GetVersion, read: ReadTx) -> c.DashboardText:
    row, _ = await visible(query.dashboard_id, read)
    if row.version == query.number:
        found = await _text(_current(0).where(DashboardRow.id == row.id), read)
    else:
        former = (VersionRow.dashboard_id == row.id) & (VersionRow.number == query.number)
        found = await _text(_former(0).where(former), read)
    if found is None:
        raise NotFound("version_not_found", f"Dashboard {row.id} has no version {query.number}.")
    return found


def _current(start: int):
    return select(*HEAD, func.substr(DashboardRow.body, start + 1, c.MAX_TEXT).label("text"))


def _former(start: int):
    return select(
        VersionRow.dashboard_id.label("id"), VersionRow.etag, VersionRow.number.label("version"),
        func.length(VersionRow.body).label("characters"), VersionRow.size_bytes,
        func.substr(VersionRow.body, start + 1, c.MAX_TEXT).label("text"),
    )  # fmt: skip


async def _text(statement: Any, read: ReadTx) -> c.DashboardText | None:
    row = (await read.session.execute(statement)).one_or_none()
    return None if row is None else c.DashboardText.model_validate(row._asdict())


async def get_record(dashboard_id: str, read: ReadTx) -> c.DashboardRecord:
    _check_admin(read)
    columns = [*(getattr(DashboardRow, name) for name in RECORD), *HEAD[3:4]]
    text = func.left(DashboardRow.body, c.MAX_TEXT).label("text")
    provisioned = DashboardRow.provisioned.is_not(None).label("provisioned")
    found = select(*columns, provisioned, text).where(DashboardRow.id == dashboard_id, ALIVE)
    row = (await read.session.execute(found)).one_or_none()
    if row is None:
        raise not_found(dashboard_id)
    return c.DashboardRecord.model_validate(row._asdict())


async def export(query: c.ExportDashboards, read: ReadTx) -> c.ExportedDashboards:
    _check_admin(read)
    wanted: list[ColumnElement[bool]] = [DashboardRow.deleted_at.is_(None)]
    if not query.everything:
        wanted.append(DashboardRow.whitelisted.is_(True))
    if query.after is not None:
        wanted.append(DashboardRow.id > query.after)
    columns = [getattr(DashboardRow, name) for name in RECORD]
    page = select(*columns).where(*wanted).order_by(DashboardRow.id).limit(EXPORT_ROWS)
    heads = _fitting([row._asdict() for row in await read.session.execute(page)])
    names = [one["id"] for one in heads if one["size_bytes"] <= EXPORT_BYTES]
    bodies = select(DashboardRow.id, DashboardRow.etag, DashboardRow.body).where(DashboardRow.id.in_(names))
    texts = {(row[0], row[1]): row[2] for row in await read.session.execute(bodies)}
    return c.ExportedDashboards(records=[{**one, "text": texts.get((one["id"], one["etag"]))} for one in heads])


def _fitting(heads: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the first records whose contents fit into one answer, at least one."""
    found, total = [], 0
    for one in heads:
        total += min(one["size_bytes"], EXPORT_BYTES)
        if found and total > EXPORT_BYTES:
            break
        found.append(one)
    return found


async def list_trash(query: c.ListTrash, read: ReadTx) -> Rows:
    mine = restorable_by(read.actor)
    count = await read.session.scalar(select(func.count()).select_from(DashboardRow).where(mine))
    names = ("id", "title", "owner", "size_bytes", "deleted_at", "deletion")
    newest = select(*(getattr(DashboardRow, name) for name in names)).where(mine)
    newest = newest.order_by(DashboardRow.deleted_at.desc(), DashboardRow.id)
    rows = await read.session.execute(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[row._asdict() for row in rows])


def _check_admin(read: ReadTx) -> None:
    if not read.actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may do this.")
