from catalog.categories import queries, usecases
from contracts.catalog import areas as c
from contracts.shared import Rows
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateCategory, http=201)
async def create_category(command: c.CreateCategory, tx: Tx) -> c.Category:
    return await usecases.create_category(command, tx)


@router.on(c.ChangeCategory)
async def change_category(command: c.ChangeCategory, tx: Tx) -> c.Category:
    return await usecases.change_category(command, tx)


@router.on(c.DeleteCategory, http=204)
async def delete_category(command: c.DeleteCategory, tx: Tx) -> None:
    await usecases.delete_category(command, tx)


@router.on(c.GetCategory)
async def get_category(query: c.GetCategory, read: ReadTx) -> c.Category:
    return await queries.get_category(query.slug, read)


@router.on(c.ListCategories)
async def list_categories(query: c.ListCategories, read: ReadTx) -> Rows:
    return await queries.list_categories(query, read)
