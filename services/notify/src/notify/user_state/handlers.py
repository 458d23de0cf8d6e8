from contracts.notify import userstate as c
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from notify.user_state import queries, usecases

router = Router("notify")
router.on(c.ListStates)(queries.list_states)


@router.on(c.CreateState, http=201)
async def create_state(command: c.CreateState, tx: Tx, ids: IdAllocator) -> c.UserState:
    return await usecases.create_state(command, tx, ids)


@router.on(c.ReplaceState)
async def replace_state(command: c.ReplaceState, tx: Tx) -> c.UserState:
    return await usecases.replace_state(command, tx)


@router.on(c.DeleteState, http=204)
async def delete_state(command: c.DeleteState, tx: Tx) -> None:
    await usecases.delete_state(command, tx)


@router.on(c.GetState)
async def get_state(query: c.GetState, read: ReadTx) -> bytes:
    return await queries.get_state(query.pid, read)
