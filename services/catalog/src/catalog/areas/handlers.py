from collections.abc import Sequence

from catalog.areas import queries, usecases
from contracts.catalog import areas as c
from kit.db.database import Database
from kit.db.ids import IdAllocator
from kit.errors import NotFound
from kit.messaging.envelope import Asked
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateAoi, http=201)
async def create_aoi(command: c.CreateAoi, tx: Tx, ids: IdAllocator) -> c.AoiFeature:
    return await usecases.create_aoi(command, tx, ids)


@router.on(c.ChangeAoi)
async def change_aoi(command: c.ChangeAoi, tx: Tx) -> c.AoiFeature:
    return await usecases.change_aoi(command, tx)


@router.on(c.DeleteAoi, http=204)
async def delete_aoi(command: c.DeleteAoi, tx: Tx) -> None:
    await usecases.delete_aoi(command, tx)


@router.many(c.GetAoi)
async def get_aois(asked: Sequence[Asked[c.GetAoi]], db: Database) -> list[bytes | NotFound]:
    return await queries.get_aois(asked, db)


@router.on(c.GetAoiGpx)
async def get_aoi_gpx(query: c.GetAoiGpx, read: ReadTx) -> str:
    return await queries.get_aoi_gpx(query, read)


@router.on(c.ListAois)
async def list_aois(query: c.ListAois, read: ReadTx) -> bytes:
    return await queries.list_aois(query, read)
