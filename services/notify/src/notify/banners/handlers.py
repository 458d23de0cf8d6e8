from contracts.notify import banners as c
from contracts.shared import Rows
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.banners import queries, usecases

router = Router("notify")


@router.on(c.CreateBanner, http=201)
async def create_banner(command: c.CreateBanner, tx: Tx, ids: IdAllocator) -> c.Banner:
    return await usecases.create_banner(command, tx, ids)


@router.on(c.ChangeBanner)
async def change_banner(command: c.ChangeBanner, tx: Tx) -> c.Banner:
    return await usecases.change_banner(command, tx)


@router.on(c.DeleteBanner, http=204)
async def delete_banner(command: c.DeleteBanner, tx: Tx) -> None:
    await usecases.delete_banner(command, tx)


@router.on(c.GetBanner)
async def get_banner(query: c.GetBanner, read: ReadTx) -> c.Banner:
    return await queries.get_banner(query.banner_id, read)


@router.on(c.ListBanners)
async def list_banners(query: c.ListBanners, read: ReadTx) -> Rows:
    return await queries.list_banners(query, read)
