"""Ending tasks within a limit, whatever they do."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any

log = logging.getLogger("kit.ending")
UNDO = 6.0
"""Seconds that cancelled work has to put things in order."""


async def finished(work: Collection[asyncio.Task[None]], grace: float) -> None:
    """Waits for work that is under way. What is not done after `grace` seconds is cancelled, which gives it back."""
    if work:
        await asyncio.wait(work, timeout=grace)
    late = [task for task in work if not task.done()]
    for task in late:
        task.cancel()
    if late:
        _, left = await asyncio.wait(late, timeout=UNDO)
        for task in left:
            log.error("work.left", extra={"facts": {"task": task.get_name()}})


async def done_before(end: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Does `work`; false when `end` was set before it was done."""
    working, ended = asyncio.ensure_future(work), asyncio.ensure_future(end.wait())
    await asyncio.wait([working, ended], return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    if working.done():
        working.result()
        return True
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    return False


async def cancelled(tasks: set[asyncio.Future]) -> None:
    """Asks again every second: before Python 3.12 `asyncio.wait_for` swallows a cancellation that meets its result."""
    while tasks:
        for task in tasks:
            task.cancel()
        _, tasks = await asyncio.wait(tasks, timeout=1)
