from contracts.notify.channels import CurveSlice, GetCurve
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from notify.channels.curves import queries
from notify.settings import Settings

router = Router("notify")


@router.on(GetCurve)
async def get_curve(query: GetCurve, read: ReadTx, settings: Settings) -> CurveSlice:
    return await queries.get_curve(query, read, settings)
