"""Trying again: delays between deliveries, and waiting in place while a neighbour is down.

Waiting in place is the circuit breaker: the message is kept with `in_progress`, so nothing more is fetched and no
delivery is used up, however long PostgreSQL is away.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.msg import Msg
from sqlalchemy.exc import DBAPIError

from kit.db import TRANSIENT
from kit.errors import Unavailable

DELAYS = (0.5, 2.0, 8.0, 15.0)
BURY_AFTER = 5
"""Deliveries after which a failing message is set aside; the server's own limit is higher, for deliveries that a crash
of worker or server used up."""
HEARTBEAT = 5.0
PATIENCE = 45.0
"""Seconds to wait in place for a neighbour other than our database."""


def delay(delivery: int) -> float:
    """Seconds before the next delivery, with 20 % jitter so that twins part."""
    return DELAYS[min(delivery, len(DELAYS)) - 1] * random.uniform(0.8, 1.2)


class Hold:
    def __init__(self, msg: Msg) -> None:
        self.msg = msg
        self.since = time.monotonic()

    async def retrying(self, call: Callable[[], Awaitable[Any]]) -> Any:
        pause = 0.1
        while True:
            try:
                return await call()
            except (*TRANSIENT, DBAPIError, Unavailable) as error:
                if not self._worth_waiting(error):
                    raise
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, 2.0)

    def _worth_waiting(self, error: Exception) -> bool:
        if isinstance(error, Unavailable):
            return time.monotonic() - self.since < PATIENCE
        original = error.orig if isinstance(error, DBAPIError) else error
        return isinstance(original, TRANSIENT)


@asynccontextmanager
async def held(msg: Msg) -> AsyncIterator[Hold]:
    """While the block runs longer than a heartbeat, tells the server that the message is still being worked on."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def beat() -> None:
        nonlocal timer
        tasks.add(loop.create_task(msg.in_progress()))
        timer = loop.call_later(HEARTBEAT, beat)

    timer = loop.call_later(HEARTBEAT, beat)
    try:
        yield Hold(msg)
    finally:
        timer.cancel()
