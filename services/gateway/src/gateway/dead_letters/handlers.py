from collections.abc import Awaitable, Callable

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from contracts.gateway import DeadLetter, DiscardDeadLetter, GetDeadLetter, ListDeadLetters, ReplayDeadLetter
from contracts.shared import Actor
from gateway.dead_letters import queries
from gateway.dead_letters.tables import DeadLetterRow
from kit.errors import Conflict, Forbidden, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.dead import revived
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
    letter = await queries.one(command.dead_letter_id, read.session)
    if letter.state != "open" or not letter.subject:
        raise Conflict("dead_letter_not_open", "This dead letter has been dealt with or its message is gone.")
    await _publish(bus, letter, letter.replays + 1)

    async def finish(tx: Tx) -> DeadLetter:
        return await queries.close(command.dead_letter_id, "replayed", tx)

    return finish


async def _publish(bus: Bus, letter: DeadLetterRow, number: int) -> None:
    headers = revived(letter.headers, letter.consumer, letter.id, number)
    try:
        await bus.js.publish(letter.subject, bytes(letter.data), timeout=2, headers=headers)
    except (NatsError, JetStreamError, TimeoutError, OSError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error


@router.on(DiscardDeadLetter)
async def discard_dead_letter(command: DiscardDeadLetter, tx: Tx) -> DeadLetter:
    _only_admins(tx.actor)
    return await queries.close(command.dead_letter_id, "discarded", tx)
