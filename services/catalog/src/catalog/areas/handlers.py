from catalog.areas import queries, usecases
from contracts.catalog import areas as c
from kit.ids import Ids
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateAoi, http=201)
async def create_aoi(command: c.CreateAoi, tx: Tx, ids: Ids) -> c.AoiFeature:
    return await usecases.create_aoi(command, tx, ids)


@router.on(c.GetAoi)
async def get_aoi(query: c.GetAoi, read: ReadTx) -> bytes:
    return await queries.get_aoi(query.aoi_id, read)
