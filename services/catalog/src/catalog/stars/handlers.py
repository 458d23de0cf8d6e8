from catalog.stars import queries, usecases
from catalog.stars.targets import StarTargets
from contracts.catalog import stars as c
from contracts.verdict import Accepted
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.AddStar, http=201)
async def add_star(command: c.AddStar, tx: Tx, targets: StarTargets) -> Accepted:
    return await usecases.add_star(command, tx, targets)


@router.on(c.RemoveStar, http=204)
async def remove_star(command: c.RemoveStar, tx: Tx, targets: StarTargets) -> None:
    await usecases.remove_star(command, tx, targets)


@router.on(c.GetStar)
async def get_star(query: c.GetStar, read: ReadTx) -> c.Star:
    return await queries.get_star(query, read)
