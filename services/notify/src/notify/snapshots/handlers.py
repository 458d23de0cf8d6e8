from contracts.notify import snapshots as c
from contracts.notify.pictures import Picture
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards.deadlines import within
from notify.settings import Settings
from notify.snapshots import queries, usecases

router = Router("notify")


@router.on(c.GetDashboardData)
async def get_dashboard_data(query: c.GetDashboardData, read: ReadTx, settings: Settings) -> c.SnapshotContent:
    return await queries.dashboard_data(query, read, settings)


@router.on(c.CreateSnapshot, http=201)
@within(c.DEADLINE)
async def create_dashboard_snapshot(command: c.CreateSnapshot, tx: Tx) -> c.Snapshot:
    return await usecases.create(command, tx)


@router.on(c.ListSnapshots)
async def list_dashboard_snapshots(query: c.ListSnapshots, read: ReadTx) -> Rows:
    return await queries.list_snapshots(query, read)


@router.on(c.GetSnapshot)
async def get_dashboard_snapshot(query: c.GetSnapshot, read: ReadTx) -> c.SnapshotText:
    return await queries.get_snapshot(query.token_sha256, read)


@router.on(c.DrawSnapshot)
async def draw_dashboard_snapshot(query: c.DrawSnapshot, read: ReadTx) -> Picture:
    return await queries.draw_snapshot(query, read)


@router.on(c.DeleteSnapshot, http=204)
@within(c.DEADLINE)
async def delete_dashboard_snapshot(command: c.DeleteSnapshot, tx: Tx) -> None:
    await usecases.remove(command, tx)
