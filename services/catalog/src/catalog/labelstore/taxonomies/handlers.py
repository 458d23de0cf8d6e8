from catalog.labelstore.taxonomies import queries, usecases
from contracts.catalog import label_taxonomies as c
from contracts.shared import Json
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateLabelTaxonomy, http=201)
async def create_label_taxonomy(command: c.CreateLabelTaxonomy, tx: Tx) -> Json:
    return await usecases.create_taxonomy(command, tx)


@router.on(c.GetLabelTaxonomy)
async def get_label_taxonomy(query: c.GetLabelTaxonomy, read: ReadTx) -> Json:
    return await queries.get_taxonomy(query.taxonomy_id, read)


@router.on(c.ListLabelTaxonomies)
async def list_label_taxonomies(query: c.ListLabelTaxonomies, read: ReadTx) -> bytes:
    return await queries.list_taxonomies(query, read)
