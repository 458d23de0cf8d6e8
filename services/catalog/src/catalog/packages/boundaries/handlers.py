from catalog.packages.boundaries import queries, usecases
from contracts.catalog import boundaries as c
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.effect(c.ImportBoundaries, http=201)
async def import_boundaries(command: c.ImportBoundaries, read: ReadTx):
    return await usecases.import_boundaries(command, read.actor)


@router.on(c.DeleteBoundary, http=204)
async def delete_boundary(command: c.DeleteBoundary, tx: Tx) -> None:
    await usecases.delete_boundary(command, tx)


@router.on(c.ListBoundaries)
async def list_boundaries(query: c.ListBoundaries, read: ReadTx) -> list[c.BoundarySummary]:
    return await queries.list_boundaries(query, read)


@router.on(c.SearchBoundaries)
async def search_boundaries(query: c.SearchBoundaries, read: ReadTx) -> list[c.BoundarySummary]:
    return await queries.search_boundaries(query, read)


@router.on(c.GetBoundary)
async def get_boundary(query: c.GetBoundary, read: ReadTx) -> c.Boundary:
    return await queries.get_boundary(query.name, read)
