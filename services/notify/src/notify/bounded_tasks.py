"""A bounded number of calls that run beside the jobs of a worker.

A worker takes one job at a time, so a job ends when its call has begun: a slow server delays no other job. The row is
claimed meanwhile, and due again when a worker dies.
"""

import asyncio
import logging
from collections.abc import Coroutine

from kit.process.tasks import wait_or_cancel

CANCEL_GRACE_SECONDS = 10.0
"""Seconds for what is under way when the worker ends."""
log = logging.getLogger("notify.calls")


class BoundedTasks:
    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._running: dict[asyncio.Task[None], int] = {}

    def has(self, row_id: int) -> bool:
        """A call whose outcome waits for a database that was away is under way still, though its claim has run out."""
        return row_id in self._running.values()

    async def begin(self, row_id: int, call: Coroutine[None, None, None]) -> None:
        """Starts the call; waits for another one to end when the limit is reached."""
        await self._free.acquire()
        task = asyncio.create_task(call)
        self._running[task] = row_id
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._free.release()
        if not task.cancelled() and (error := task.exception()):
            log.error("call.not_settled", exc_info=error)

    async def stop(self) -> None:
        """A call that is cut off leaves its claim, which runs out."""
        await wait_or_cancel(set(self._running), CANCEL_GRACE_SECONDS)
