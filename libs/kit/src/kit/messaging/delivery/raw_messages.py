"""Raw messages of a whole stream, for the service that keeps the dead letters. Acknowledged after the handler
returned."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nats.aio.msg import Msg

from kit.messaging.delivery.ack_heartbeat import in_progress
from kit.messaging.delivery.failures import Deliveries, decide

log = logging.getLogger("kit.tap")
RawHandler = Callable[[Msg], Awaitable[None]]


def settle_raw(handler: RawHandler) -> RawHandler:
    """Returns a function that settles one message with `handler`. It retries for ever: a message that cannot be stored
    now is delivered again later, and never becomes a dead letter."""

    async def settle(msg: Msg) -> None:
        try:
            async with in_progress(msg, "raw") as kept:
                await kept.retrying(lambda: handler(msg))
            await msg.ack()
        except asyncio.CancelledError as error:
            await asyncio.shield(_again(msg, error))
            raise
        except Exception as error:
            log.error("tap.failed", exc_info=error, extra={"fields": {"subject": msg.subject}})
            await _again(msg, error)

    return settle


async def _again(msg: Msg, error: BaseException) -> None:
    await msg.nak(delay=decide("raw", error, Deliveries(msg.metadata.num_delivered)).delay)
