from catalog.areas import categories, queries, usecases
from contracts.catalog import areas as c
from contracts.shared import Rows
from kit.ids import Ids
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateAoi, http=201)
async def create_aoi(command: c.CreateAoi, tx: Tx, ids: Ids) -> c.AoiFeature:
    return await usecases.create_aoi(command, tx, ids)


@router.on(c.ChangeAoi)
async def change_aoi(command: c.ChangeAoi, tx: Tx) -> c.AoiFeature:
    return await usecases.change_aoi(command, tx)


@router.on(c.DeleteAoi, http=204)
async def delete_aoi(command: c.DeleteAoi, tx: Tx) -> None:
    await usecases.delete_aoi(command, tx)


@router.on(c.GetAoi)
async def get_aoi(query: c.GetAoi, read: ReadTx) -> bytes:
    return await queries.get_aoi(query.aoi_id, read)


@router.on(c.GetAoiGpx)
async def get_aoi_gpx(query: c.GetAoiGpx, read: ReadTx) -> str:
    return await queries.get_aoi_gpx(query, read)


@router.on(c.ListAois)
async def list_aois(query: c.ListAois, read: ReadTx) -> bytes:
    return await queries.list_aois(query, read)


@router.on(c.CreateCategory, http=201)
async def create_category(command: c.CreateCategory, tx: Tx) -> c.Category:
    return await categories.create_category(command, tx)


@router.on(c.ChangeCategory)
async def change_category(command: c.ChangeCategory, tx: Tx) -> c.Category:
    return await categories.change_category(command, tx)


@router.on(c.DeleteCategory, http=204)
async def delete_category(command: c.DeleteCategory, tx: Tx) -> None:
    await categories.delete_category(command, tx)


@router.on(c.GetCategory)
async def get_category(query: c.GetCategory, read: ReadTx) -> c.Category:
    return await categories.get_category(query.slug, read)


@router.on(c.ListCategories)
async def list_categories(query: c.ListCategories, read: ReadTx) -> Rows:
    return await categories.list_categories(query, read)
