from catalog.packages.processors import queries
from catalog.packages.processors.catalogue import ProcessorCatalogue
from contracts.catalog.packages import Dataset, ListProcessors
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.on(ListProcessors)
async def list_processors(query: ListProcessors, read: ReadTx, catalogue: ProcessorCatalogue) -> list[Dataset]:
    return await queries.list_processors(catalogue)
