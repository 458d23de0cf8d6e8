from contracts.notify.channels import ChannelEvents, CurveSlice, GetChannelEvents, GetCurve
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from notify.channels.curves import events, queries
from notify.settings import Settings

router = Router("notify")


@router.on(GetCurve)
async def get_curve(query: GetCurve, read: ReadTx, settings: Settings) -> CurveSlice:
    return await queries.get_curve(query, read, settings)


@router.on(GetChannelEvents)
async def get_channel_events(query: GetChannelEvents, read: ReadTx, settings: Settings) -> ChannelEvents:
    return await events.get_events(query, read, settings)
