"""Raw messages of a whole stream, for the room that keeps the dead letters. Acknowledged after the handler returned."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nats.aio.msg import Msg

from kit.messaging.retry import delay, held

log = logging.getLogger("kit.tap")
Tap = Callable[[Msg], Awaitable[None]]


def tapped(handler: Tap) -> Tap:
    """Tries for ever: what cannot be stored now is delivered again later, never set aside."""

    async def settle(msg: Msg) -> None:
        try:
            async with held(msg) as hold:
                await hold.retrying(lambda: handler(msg))
            await msg.ack()
        except asyncio.CancelledError:
            await asyncio.shield(msg.nak())
            raise
        except Exception as error:
            log.error("tap.failed", exc_info=error, extra={"facts": {"subject": msg.subject}})
            await msg.nak(delay=delay(msg.metadata.num_delivered))

    return settle
