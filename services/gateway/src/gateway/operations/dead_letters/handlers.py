from collections.abc import Awaitable, Callable

from contracts.gateway import DeadLetter, DiscardDeadLetter, GetDeadLetter, ListDeadLetters, ReplayDeadLetter
from contracts.shared import Actor
from gateway.operations.dead_letters import queries, usecases
from kit.errors import Forbidden
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("gateway")


def _only_admins(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may do this.")


@router.on(ListDeadLetters)
async def list_dead_letters(query: ListDeadLetters, read: ReadTx) -> dict:
    _only_admins(read.actor)
    return await queries.list_dead_letters(query, read)


@router.on(GetDeadLetter)
async def get_dead_letter(query: GetDeadLetter, read: ReadTx) -> DeadLetter:
    _only_admins(read.actor)
    return queries.shown(await queries.one(query.dead_letter_id, read.session), whole=True)


@router.effect(ReplayDeadLetter)
async def replay_dead_letter(
    command: ReplayDeadLetter, read: ReadTx, bus: Bus
) -> Callable[[Tx], Awaitable[DeadLetter]]:
    _only_admins(read.actor)
    return await usecases.replay(command, read, bus)


@router.on(DiscardDeadLetter)
async def discard_dead_letter(command: DiscardDeadLetter, tx: Tx) -> DeadLetter:
    _only_admins(tx.actor)
    return await usecases.discard(command, tx)
