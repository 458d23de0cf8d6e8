from contracts.notify import annotations as c
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.annotations import queries, usecases

router = Router("notify")


@router.on(c.ListAnnotations)
async def list_annotations(query: c.ListAnnotations, read: ReadTx) -> c.Annotations:
    return await queries.list_annotations(query, read)


@router.on(c.AddAnnotation, http=201)
async def add_annotation(command: c.AddAnnotation, tx: Tx, ids: IdAllocator) -> c.Annotation:
    return await usecases.add_annotation(command, tx, ids)


@router.on(c.DeleteAnnotation, http=204)
async def delete_annotation(command: c.DeleteAnnotation, tx: Tx) -> None:
    await usecases.delete_annotation(command, tx)
