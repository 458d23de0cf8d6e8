from catalog.ownership import queries
from contracts.catalog.ownership_counts import CountOwned
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.on(CountOwned)
async def count_owned(query: CountOwned, read: ReadTx) -> dict[str, int]:
    return await queries.count_owned(query.user_id, read)
