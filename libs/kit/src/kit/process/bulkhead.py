"""A limit on the calls that wait for one upstream service, so that a silent service delays only those who need it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.errors import Unavailable
from kit.messaging.deadline import remaining
from kit.telemetry import metrics


class Bulkhead:
    """One per upstream service and process. At most `calls` calls run at once, and at most `queue` more wait up to
    `wait_seconds` for one of them to end."""

    def __init__(self, upstream: str, calls: int, queue: int, wait_seconds: float = 0.5) -> None:
        self.upstream, self.wait_seconds = upstream, wait_seconds
        self._places, self._free = calls + queue, asyncio.Semaphore(calls)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds one slot while the block runs. Raises Unavailable, naming the upstream service, when no slot is free in
        time."""
        if not self._places:
            raise self._refusal()
        self._places -= 1
        try:
            await self._turn()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._places += 1

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(remaining(self.wait_seconds)):
                await self._free.acquire()
        except TimeoutError as error:
            raise self._refusal() from error

    def _refusal(self) -> Unavailable:
        metrics.BULKHEAD_REFUSED.labels(self.upstream).inc()
        return Unavailable("neighbour_busy", f"{self.upstream} is slow to answer, try again.", retry_after=2)
