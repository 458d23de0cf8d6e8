"""Children that stay warm between requests and give their memory back when nobody asks any more."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing import get_context
from typing import Any

from prediction.live.compute import begin
from prediction.live.domain import Unable

IDLE = 300.0
LIMIT = 50.0
"""Seconds; the gateway waits a little longer."""


class Busy(Exception):
    """More wait than can be served in good time."""


class WarmChild:
    """One process, started on first use; killed when it hangs, and after `IDLE` seconds without work."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._pool: ProcessPoolExecutor | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Unable when the child dies or takes longer than `LIMIT`."""
        loop = asyncio.get_running_loop()
        if self._timer:
            self._timer.cancel()
        try:
            return await asyncio.wait_for(loop.run_in_executor(self._running(), call, *args), LIMIT)
        except TimeoutError as problem:
            self.end()
            raise Unable("It took too long. Ask for a smaller area, or for a batch.") from problem
        except BrokenProcessPool as problem:
            self.end()
            raise Unable("The model's process died. Ask for a smaller area.") from problem
        finally:
            self._timer = loop.call_later(IDLE, self.end)

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("forkserver")
            self._pool = ProcessPoolExecutor(1, context, initializer=begin, initargs=(dict(self._environment),))
        return self._pool

    def end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)


class WarmChildren:
    """`size` at once; `waiting` more may queue, the next is Busy. The one that worked last is taken first."""

    def __init__(self, environment: Mapping[str, str], size: int = 2, waiting: int = 8) -> None:
        self._children = [WarmChild(environment) for _ in range(size)]
        self._most = size + waiting
        self._asked = 0
        self._free: asyncio.LifoQueue[WarmChild] | None = None

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        async with self._turn() as child:
            return await child.run(call, *args)

    @asynccontextmanager
    async def _turn(self):
        if self._asked >= self._most:
            raise Busy
        self._asked += 1
        free = self._queue()
        try:
            child = await free.get()
            try:
                yield child
            finally:
                free.put_nowait(child)
        finally:
            self._asked -= 1

    def _queue(self) -> asyncio.LifoQueue[WarmChild]:
        if self._free is None:
            self._free = asyncio.LifoQueue()
            for child in self._children:
                self._free.put_nowait(child)
        return self._free

    async def stop(self) -> None:
        for child in self._children:
            child.end()
