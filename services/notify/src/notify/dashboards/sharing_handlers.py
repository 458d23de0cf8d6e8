from contracts.notify import dashboard_sharing as c
from contracts.notify.dashboards import DEADLINE, DashboardText
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.dashboards import listing, sharing, variables
from notify.dashboards.deadlines import within

router = Router("notify")


@router.on(c.ListDashboards)
async def list_dashboards(query: c.ListDashboards, read: ReadTx) -> Rows:
    return await listing.list_dashboards(query, read)


@router.on(c.GetDetails)
async def get_dashboard_details(query: c.GetDetails, read: ReadTx) -> c.DashboardDetails:
    return await listing.details(query.dashboard_id, read)


@router.on(c.ChangeDetails)
@within(DEADLINE)
async def change_dashboard_details(command: c.ChangeDetails, tx: Tx) -> c.DashboardDetails:
    return await sharing.change_details(command, tx)


@router.on(c.GetPermissions)
async def get_dashboard_permissions(query: c.GetPermissions, read: ReadTx) -> c.Permissions:
    return await sharing.get_permissions(query.dashboard_id, read)


@router.on(c.SetPermissions)
@within(DEADLINE)
async def set_dashboard_permissions(command: c.SetPermissions, tx: Tx) -> c.Permissions:
    return await sharing.set_permissions(command, tx)


@router.on(c.CreateLink, http=201)
@within(DEADLINE)
async def create_dashboard_link(command: c.CreateLink, tx: Tx) -> c.DashboardLink:
    return await sharing.create_link(command, tx)


@router.on(c.ChangeLink)
@within(DEADLINE)
async def change_dashboard_link(command: c.ChangeLink, tx: Tx) -> c.DashboardLink:
    return await sharing.change_link(command, tx)


@router.on(c.DeleteLink, http=204)
@within(DEADLINE)
async def delete_dashboard_link(command: c.DeleteLink, tx: Tx) -> None:
    await sharing.delete_link(command, tx)


@router.on(c.ListLinks)
async def list_dashboard_links(query: c.ListLinks, read: ReadTx) -> list[c.DashboardLink]:
    return await sharing.list_links(query.dashboard_id, read)


@router.on(c.GetLinked)
async def get_linked_dashboard(query: c.GetLinked, read: ReadTx) -> DashboardText:
    return await sharing.get_linked(query, read)


@router.on(c.ListVariables)
async def list_dashboard_variables(query: c.ListVariables, read: ReadTx) -> list[c.DashboardVariable]:
    return await variables.list_variables(query.dashboard_id, read)


@router.on(c.ResolveDashboard)
async def resolve_dashboard(query: c.ResolveDashboard, read: ReadTx) -> c.ResolvedDashboard:
    return await variables.resolve(query, read)
