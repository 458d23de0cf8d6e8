"""Keeps a message while its handler works, or waits in place for a server that is away.

Waiting in place is the circuit breaker: the server is told that the message is in progress, so nothing more is fetched
and no delivery is used up, however long PostgreSQL is away.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts import headers as h
from contracts.base import REGISTRY
from kit.errors import Unavailable
from kit.messaging.delivery.failures import POLICIES
from kit.outages import describe_outage, is_database_away, is_database_full


class InProgress:
    """A message that is being handled, or that waits in place for at most `max_wait` seconds."""

    def __init__(self, msg: Msg, max_wait: float) -> None:
        self.msg, self.max_wait = msg, max_wait
        self.since = time.monotonic()
        self._explained = False

    async def retrying(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Returns the result of the first call that meets no outage. Raises any other error at once, and the
        Unavailable of another service after `max_wait` seconds."""
        pause = 0.1
        while True:
            try:
                return await call()
            except Exception as error:
                if not self._worth_waiting(error):
                    raise
                if is_database_full(error):
                    await self._explain(describe_outage(error))
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, 2.0)

    def _worth_waiting(self, error: Exception) -> bool:
        if is_database_away(error):
            return True
        return isinstance(error, Unavailable) and time.monotonic() - self.since < self.max_wait

    async def _explain(self, words: str) -> None:
        """Tells the sender of a short command once why its owner does nothing. This is no verdict: the owner goes on
        trying until the command expires."""
        headers = self.msg.headers or {}
        expires = getattr(REGISTRY.get(headers.get(h.TYPE, "")), "expires", None)
        if expires and h.REPLY in headers and not self._explained:
            self._explained = True
            detail = f"{words} This may still be carried out within {expires:.0f} seconds, not later."
            refusal = Unavailable("database_full", detail).refused()
            await self.msg._client.publish(headers[h.REPLY], refusal.json_text)


@asynccontextmanager
async def in_progress(msg: Msg, policy: str) -> AsyncIterator[InProgress]:
    """Tells the server, while the block runs, that the message is still being worked on, as often as the row `policy`
    of `failures.POLICIES` says."""
    loop = asyncio.get_running_loop()
    row, tasks = POLICIES[policy], set[asyncio.Task[None]]()

    def beat() -> None:
        nonlocal timer
        tasks.add(report := loop.create_task(_report(msg)))
        report.add_done_callback(tasks.discard)
        timer = loop.call_later(row.heartbeat, beat)

    timer = loop.call_later(row.heartbeat, beat)
    try:
        yield InProgress(msg, row.max_wait)
    finally:
        timer.cancel()


async def _report(msg: Msg) -> None:
    with suppress(NatsError):  # the next one may come through
        await msg.in_progress()
