"""Children that stay warm between requests and give their memory back when nobody asks any more."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from kit.process.bulkhead import Bulkhead
from kit.process.subprocess_errors import SubprocessError, SubprocessTimeout
from kit.process.subprocesses import WarmSubprocess
from prediction.inference.domain import CannotPredict
from prediction.inference.worker import init

IDLE_TIMEOUT = 300.0
CALL_TIMEOUT = 50.0
"""Seconds; the gateway waits a little longer."""


class Busy(Exception):
    """More wait than can be served in good time."""


class WarmProcess:
    """One process, started on first use; killed when it hangs, and after `IDLE_TIMEOUT` seconds without work."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = WarmSubprocess(init, dict(environment))
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Raises CannotPredict when the process dies or takes longer than `CALL_TIMEOUT`."""
        if self._timer:
            self._timer.cancel()
        try:
            return await self._process.run(call, *args, timeout=CALL_TIMEOUT)
        except SubprocessTimeout as problem:
            raise CannotPredict("It took too long. Ask for a smaller area, or for a batch.") from problem
        except SubprocessError as problem:
            raise CannotPredict("The model's process died. Ask for a smaller area.") from problem
        finally:
            self._timer = asyncio.get_running_loop().call_later(IDLE_TIMEOUT, self.end)

    def end(self) -> None:
        self._process.stop()


class WarmProcessPool:
    """`size` at once; `waiting` more may queue, the next is Busy. The one that worked last is taken first.

    Strangers have a third of the places, and of the children, though one at least: they wait for each other, and who is
    logged in does not wait for all of them."""

    def __init__(self, environment: Mapping[str, str], size: int = 2, waiting: int = 8) -> None:
        self._children = [WarmProcess(environment) for _ in range(size)]
        self._most = size + waiting
        self._asked = 0
        working = max(1, size // 3)
        self._anonymous = Bulkhead("Live prediction without a login", working, self._most // 3 - working, CALL_TIMEOUT)
        self._free: asyncio.LifoQueue[WarmProcess] | None = None

    async def run_anonymous(self, call: Callable[..., Any], *args: Any) -> Any:
        async with self._anonymous.slot():
            return await self.run(call, *args)

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

    def _queue(self) -> asyncio.LifoQueue[WarmProcess]:
        if self._free is None:
            self._free = asyncio.LifoQueue()
            for child in self._children:
                self._free.put_nowait(child)
        return self._free

    async def stop(self) -> None:
        for child in self._children:
            child.end()
