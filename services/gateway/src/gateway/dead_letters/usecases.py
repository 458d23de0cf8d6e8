"""What an administrator may do with a dead letter."""

from collections.abc import Awaitable, Callable

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from contracts.gateway import DeadLetter, DiscardDeadLetter, ReplayDeadLetter
from gateway.dead_letters import queries
from gateway.dead_letters.tables import DeadLetterRow
from kit.errors import Conflict, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.dead import revived
from kit.messaging.tx import ReadTx, Tx


async def replay(command: ReplayDeadLetter, read: ReadTx, bus: Bus) -> Callable[[Tx], Awaitable[DeadLetter]]:
    """Only whoever could not handle the message takes it again."""
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


async def discard(command: DiscardDeadLetter, tx: Tx) -> DeadLetter:
    return await queries.close(command.dead_letter_id, "discarded", tx)
