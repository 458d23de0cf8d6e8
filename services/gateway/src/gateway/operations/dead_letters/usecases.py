"""Replay and discard of dead letters."""

from collections.abc import Awaitable, Callable

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from contracts.gateway import DeadLetter, DiscardDeadLetter, ReplayDeadLetter
from gateway.operations.dead_letters import queries
from gateway.operations.dead_letters.tables import DeadLetterRow
from kit.errors import Conflict, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.delivery.dead_letters import replay_headers
from kit.messaging.tx import ReadTx, Tx


async def replay(command: ReplayDeadLetter, read: ReadTx, bus: Bus) -> Callable[[Tx], Awaitable[DeadLetter]]:
    """Only the consumer that could not process the message receives it again."""
    letter = await queries.one(command.dead_letter_id, read.session)
    if letter.state != "open" or not letter.subject:
        detail = "This dead letter was replayed or discarded already, or its message no longer exists."
        raise Conflict("dead_letter_not_open", detail)
    await _publish(bus, letter, letter.replays + 1)

    async def finish(tx: Tx) -> DeadLetter:
        return await queries.close(command.dead_letter_id, "replayed", tx)

    return finish


async def _publish(bus: Bus, letter: DeadLetterRow, number: int) -> None:
    headers = replay_headers(letter.headers, letter.consumer, letter.id, number)
    try:
        await bus.js.publish(letter.subject, bytes(letter.data), timeout=2, headers=headers)
    except (NatsError, JetStreamError, TimeoutError, OSError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error


async def discard(command: DiscardDeadLetter, tx: Tx) -> DeadLetter:
    return await queries.close(command.dead_letter_id, "discarded", tx)
