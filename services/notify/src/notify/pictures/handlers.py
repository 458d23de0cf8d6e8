from contracts.notify import pictures as c
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from notify.dashboards import variables
from notify.pictures.data import read_data
from notify.pictures.rendering import rendered
from notify.pictures.sheets import channels_sheet, dashboard_sheet, panels_of, wanted_of
from notify.settings import Settings

router = Router("notify")
PIXELS_PER_BIN = 2


@router.in_worker(c.DrawChannels)
async def draw_channels(query: c.DrawChannels, read: ReadTx, settings: Settings) -> c.Picture:
    options, wanted = query.options, [(name, query.backend) for name in query.channel_names]
    window, bins = (query.begin_ms, query.end_ms), options.width // PIXELS_PER_BIN
    data = await read_data(wanted, window, bins, read, settings, options.annotations)
    return await rendered(channels_sheet(data, query.title, query.height, options), options.known)


@router.in_worker(c.DrawDashboard)
async def draw_dashboard(query: c.DrawDashboard, read: ReadTx, settings: Settings) -> c.Picture:
    options = query.options
    found = await variables.resolved_dashboard(query.dashboard_id, query.values, read)
    bins = options.width // PIXELS_PER_BIN // (1 if len(panels_of(found.dto)) < 2 else 2)
    window = query.begin_ms, query.end_ms
    data = await read_data(wanted_of(found.dto), window, bins, read, settings, options.annotations)
    notes = [f"{name} has no value" for name in found.unresolved[:10]]
    return await rendered(dashboard_sheet(found.dto, data, found.title, options, notes), options.known)
