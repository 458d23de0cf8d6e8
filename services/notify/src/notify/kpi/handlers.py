from contracts.notify.kpi import GetKpi, Kpi
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from notify.kpi import queries

router = Router("notify")


@router.on(GetKpi)
async def get_kpi(query: GetKpi, read: ReadTx) -> Kpi:
    return await queries.get_kpi(read)
