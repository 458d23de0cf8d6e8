from contracts.notify import dashboards as c
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards import content, imports, queries, usecases, versions
from notify.dashboards.deadlines import within
from notify.dashboards.eviction import make_room
from notify.dashboards.schema_file import DashboardSchema
from notify.dashboards.settings import DashboardSettings

router = Router("notify")


@router.on(c.CreateDashboard, http=201, after=make_room)
@within(c.DEADLINE)
async def create_dashboard(
    command: c.CreateDashboard, tx: Tx, settings: DashboardSettings, schema: DashboardSchema
) -> c.WriteResult:
    return await usecases.create(command, tx, settings, schema)


@router.on(c.ReplaceDashboard, after=make_room)
@within(c.DEADLINE)
async def replace_dashboard(
    command: c.ReplaceDashboard, tx: Tx, settings: DashboardSettings, schema: DashboardSchema
) -> c.WriteResult:
    return await usecases.replace(command, tx, settings, schema)


@router.on(c.RestoreVersion, after=make_room)
@within(c.DEADLINE)
async def restore_version(command: c.RestoreVersion, tx: Tx) -> c.WriteResult:
    return await usecases.restore_version(command, tx)


@router.on(c.DeleteDashboard)
@within(c.DEADLINE)
async def delete_dashboard(command: c.DeleteDashboard, tx: Tx) -> c.DashboardHead:
    return await usecases.delete(command, tx)


@router.on(c.RestoreDashboard, after=make_room)
@within(c.DEADLINE)
async def restore_dashboard(command: c.RestoreDashboard, tx: Tx) -> c.DashboardHead:
    return await usecases.restore(command, tx)


@router.on(c.CheckDashboard)
@within(c.DEADLINE)
async def check_dashboard(
    command: c.CheckDashboard, tx: Tx, settings: DashboardSettings, schema: DashboardSchema
) -> c.CheckResult:
    return await content.checked(command.content, settings, schema)


@router.on(c.SetFlags)
@within(c.DEADLINE)
async def set_dashboard_flags(command: c.SetFlags, tx: Tx) -> dict[str, str]:
    return await usecases.set_flags(command, tx)


@router.effect(c.ImportDashboards)
async def import_dashboards(
    command: c.ImportDashboards, read: ReadTx, settings: DashboardSettings, schema: DashboardSchema
) -> object:
    return await imports.import_all(command, read, settings, schema)


@router.on(c.GetDashboard)
async def get_dashboard(query: c.GetDashboard, read: ReadTx) -> c.DashboardText:
    return await queries.get_dashboard(query.dashboard_id, read)


@router.on(c.GetDashboardText)
async def get_dashboard_text(query: c.GetDashboardText, read: ReadTx) -> c.DashboardText:
    return await queries.get_text(query, read)


@router.on(c.GetVersion)
async def get_dashboard_version(query: c.GetVersion, read: ReadTx) -> c.DashboardText:
    return await queries.get_version(query, read)


@router.on(c.GetDashboardRecord)
async def get_dashboard_record(query: c.GetDashboardRecord, read: ReadTx) -> c.DashboardRecord:
    return await queries.get_record(query.dashboard_id, read)


@router.on(c.ExportDashboards)
async def export_dashboards(query: c.ExportDashboards, read: ReadTx) -> c.ExportedDashboards:
    return await queries.export(query, read)


@router.on(c.ListVersions)
async def list_dashboard_versions(query: c.ListVersions, read: ReadTx) -> list[c.DashboardVersion]:
    return await versions.list_versions(query.dashboard_id, read)


@router.on(c.ListTrash)
async def list_dashboard_trash(query: c.ListTrash, read: ReadTx) -> Rows:
    return await queries.list_trash(query, read)


@router.on(c.GetDashboardService)
async def get_dashboard_service(
    query: c.GetDashboardService, read: ReadTx, schema: DashboardSchema
) -> c.DashboardService:
    return c.DashboardService(schema_sha256=schema.sha256)
