"""Calls under way in this worker. It takes one job at a time, and none must wait for somebody's slow server: so a job
ends when its call has begun. The row says what is claimed, and one that a dying worker left is due again."""

import asyncio
import logging
from collections.abc import Coroutine

from kit.ending import finished

GRACE = 10.0
"""Seconds for what is under way when the worker ends."""
log = logging.getLogger("notify.calls")


class Calls:
    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
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
            log.error("call.not_settled", exc_info=error)

    async def stop(self) -> None:
        """A call that is cut off leaves its claim, which runs out."""
        await finished(set(self._running), GRACE)
