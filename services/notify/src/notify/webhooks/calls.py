"""Calls under way in this worker. A worker takes one job at a time, and mail must not wait for somebody's slow server:
so a job ends when its call has begun. The row says what is claimed, and one that a dying worker left is due again."""

import asyncio
import logging
from collections.abc import Coroutine

log = logging.getLogger("notify.webhooks")
MOST = 32


class Calls:
    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST)
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self, call: Coroutine[None, None, None]) -> None:
        """Returns at once, or when one of the others has ended."""
        await self._free.acquire()
        task = asyncio.create_task(call)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()):
            log.error("webhook.not_settled", exc_info=error)

    async def stop(self) -> None:
        await asyncio.gather(*self._running, return_exceptions=True)
