from sqlalchemy import func, select
from sqlalchemy.orm import defer

from contracts.notify.pictures import Picture
from contracts.notify.snapshots import (
    MAX_CONTENT,
    DrawSnapshot,
    GetDashboardData,
    ListSnapshots,
    SnapshotContent,
    SnapshotText,
)
from contracts.shared import Rows
from kit.errors import Invalid
from kit.messaging.tx import ReadTx
from notify.channels.settings import ChannelSettings
from notify.dashboards import variables
from notify.pictures.data import read_data
from notify.pictures.rendering import rendered
from notify.pictures.sheets import dashboard_sheet, wanted_of
from notify.snapshots.packing import unpacked
from notify.snapshots.tables import SnapshotRow
from notify.snapshots.usecases import no_snapshot, shown
from notify.snapshots.visibility import IN_TIME, owned_by


async def dashboard_data(query: GetDashboardData, read: ReadTx, settings: ChannelSettings) -> SnapshotContent:
    """Raises Invalid (413) for more than fits into one snapshot."""
    found = await variables.resolved_dashboard(query.dashboard_id, query.values, read)
    window = query.begin_ms, query.end_ms
    data = await read_data(wanted_of(found.dto), window, query.num_bins, read, settings)
    content = SnapshotContent(title=found.title, dashboard=found.dto, data=data)
    size = len(content.model_dump_json())
    if size > MAX_CONTENT:
        text = f"The snapshot would have {size} bytes, at most {MAX_CONTENT} are possible: ask for fewer bins."
        raise Invalid("snapshot_too_large", text, http=413)
    return content


async def list_snapshots(query: ListSnapshots, read: ReadTx) -> Rows:
    mine = owned_by(read.actor) & IN_TIME
    count = await read.session.scalar(select(func.count()).select_from(SnapshotRow).where(mine))
    newest = select(SnapshotRow).options(defer(SnapshotRow.body)).where(mine)
    page = (
        newest.order_by(SnapshotRow.created_at.desc(), SnapshotRow.id).limit(query.page.limit).offset(query.page.offset)
    )
    rows = await read.session.scalars(page)
    return Rows(count=count or 0, results=[shown(row).model_dump(mode="json") for row in rows])


async def get_snapshot(token_sha256: str, read: ReadTx) -> SnapshotText:
    """Raises NotFound."""
    row = await read.session.scalar(select(SnapshotRow).where(SnapshotRow.token_sha256 == token_sha256, IN_TIME))
    if row is None:
        raise no_snapshot()
    return SnapshotText(snapshot=shown(row), content=await unpacked(row.body))


async def draw_snapshot(query: DrawSnapshot, read: ReadTx) -> Picture:
    found = await get_snapshot(query.token_sha256, read)
    await read.close()
    content = SnapshotContent.model_validate_json(found.content)
    data = (
        content.data
        if query.options.annotations
        else content.data.model_copy(update={"annotations": [], "more_annotations": False})
    )
    sheet = dashboard_sheet(content.dashboard, data, found.snapshot.title, query.options)
    return await rendered(sheet, query.options.known)
