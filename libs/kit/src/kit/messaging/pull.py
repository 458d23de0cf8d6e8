"""Feeding short handlers: a pull loop that fetches as many messages as it has free hands.

FastStream's loop runs the messages of one fetch together and fetches again when the slowest is done; with commits that
wait for the disk that halves the rate, and its layers cost more than our handler (docs/decisions/0007). Jobs, one at a
time and minutes long, stay with FastStream.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import Error as JetStreamError

from contracts.streams import Class, durable

log = logging.getLogger("kit.pull")
FETCH_TIMEOUT = 1.0
BREATH = 0.2
"""Seconds between tries while the server is away."""
FINISH = 12.0


class Puller:
    """At most `latency.batch` messages are in work at a time."""

    def __init__(self, nc: Client, service: str, latency: Class, settle: Callable[[Msg], Awaitable[None]]) -> None:
        self.nc, self.latency, self.settle = nc, latency, settle
        self.durable = durable(service, latency.name)
        self._hands = asyncio.Semaphore(latency.batch)
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        js = self.nc.jetstream(timeout=5)
        self._subscription = await js.pull_subscribe_bind(self.durable, stream=self.latency.stream)
        self._loop = asyncio.create_task(self._pull(self._subscription), name=self.durable)

    async def stop(self) -> None:
        """Fetches no more and lets the messages in work finish; what is not done in time goes back."""
        if self._loop:
            self._loop.cancel()
            await asyncio.gather(self._loop, return_exceptions=True)
            with suppress(NatsError):  # what nobody reads any more would hold up the drain of the connection
                await self._subscription.unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=FINISH)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pull(self, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
            await self._hands.acquire()
            self._hands.release()
            for msg in await self._fetched(subscription):
                await self._hands.acquire()
                task = asyncio.create_task(self._settle(msg))
                self._tasks.add(task)
                task.add_done_callback(self._done)

    async def _fetched(self, subscription: JetStreamContext.PullSubscription) -> list[Msg]:
        free = self.latency.batch - len(self._tasks)
        try:
            return await subscription.fetch(max(1, free), timeout=FETCH_TIMEOUT)
        except TimeoutError:
            return []
        except (NatsError, JetStreamError, OSError) as error:
            log.warning("pull.interrupted", extra={"facts": {"durable": self.durable, "reason": repr(error)}})
            await asyncio.sleep(BREATH)
            return []

    async def _settle(self, msg: Msg) -> None:
        """Whatever escapes a settler (the server went away while it answered) leaves the message to its deadline."""
        try:
            await self.settle(msg)
        except Exception as error:
            log.warning("message.left", exc_info=error, extra={"facts": {"durable": self.durable}})

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._hands.release()
