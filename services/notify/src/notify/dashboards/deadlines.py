"""Commands whose sender waits a stated time: what is not done by then is undone, so that nothing happens after the
sender was told that it took too long."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from kit.errors import Expired
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.tx import Tx

TIMED_OUT = "The request timed out, nothing was changed. Try again."
Handler = Callable[..., Awaitable[Any]]


def within(seconds: float) -> Callable[[Handler], Handler]:
    """Ends the handler of a command, and the statement that it runs, `seconds` after the command was sent."""

    def limit(handler: Handler) -> Handler:
        @wraps(handler)
        async def run(command: Any, tx: Tx, **adapters: Any) -> Any:
            left = seconds - (BROKER_CLOCK.now() - tx.caused_at).total_seconds()
            try:
                async with asyncio.timeout(min(left, seconds)):
                    return await handler(command, tx, **adapters)
            except TimeoutError as error:
                raise Expired("deadline", TIMED_OUT, http=504) from error

        return run

    return limit
