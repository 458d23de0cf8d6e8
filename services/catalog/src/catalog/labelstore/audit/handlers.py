from catalog.labelstore.audit import queries
from contracts.catalog.label_taxonomies import ListLabelAudit
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.on(ListLabelAudit)
async def list_label_audit(query: ListLabelAudit, read: ReadTx) -> bytes:
    return await queries.list_audit(query, read)
