"""Ending asyncio tasks within a time limit, whatever they do."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from types import TracebackType
from typing import Any

log = logging.getLogger("kit.ending")
CANCEL_GRACE_SECONDS = 6.0
"""Seconds that cancelled work has for its cleanup."""


async def wait_or_cancel(work: Collection[asyncio.Task[None]], grace: float) -> None:
    """Waits up to `grace` seconds for the tasks, then cancels those that still run and waits `CANCEL_GRACE_SECONDS` for
    their cleanup. Logs each task that does not end even then; raises nothing."""
    if work:
        await asyncio.wait(work, timeout=grace)
    late = [task for task in work if not task.done()]
    for task in late:
        task.cancel()
    if late:
        _, left = await asyncio.wait(late, timeout=CANCEL_GRACE_SECONDS)
        for task in left:
            log.error("work.left", extra={"fields": {"task": task.get_name()}})


class PersistentTimeout:
    """`async with PersistentTimeout(seconds)` raises TimeoutError when the block takes longer.

    Unlike `asyncio.timeout` it cancels again every second: psycopg reacts to the first cancellation by asking the
    server to stop, and waits ten seconds for a silent server; a second cancellation closes the connection.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self._asked = seconds, 0

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task
        self._task, self._before = task, task.cancelling()
        self._timer = asyncio.get_running_loop().call_later(self.seconds, self._ask)

    def _ask(self) -> None:
        self._asked += 1
        self._task.cancel()
        self._timer = asyncio.get_running_loop().call_later(1.0, self._ask)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        for _ in range(self._asked):
            self._task.uncancel()
        if self._asked and kind is asyncio.CancelledError and self._task.cancelling() <= self._before:
            raise TimeoutError from error


async def run_until(end: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Runs `work` and returns True when it ends; returns False, and cancels it, when `end` is set first. Raises what
    `work` raises."""
    working, ended = asyncio.ensure_future(work), asyncio.ensure_future(end.wait())
    await asyncio.wait([working, ended], return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


async def cancel_all(tasks: set[asyncio.Future]) -> None:
    """Cancels the tasks and returns when all have ended. It cancels again every second: before Python 3.12
    `asyncio.wait_for` swallows a cancellation that arrives together with its result."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=1)
