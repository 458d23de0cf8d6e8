"""Work in child processes, with limits on time and memory. When a child dies, the caller gets an error at once.

Children come from a fork server and die with this process.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from kit.process.subprocess_errors import SubprocessError

if TYPE_CHECKING:
    from kit.process.worker_process import WorkerProcess

R = TypeVar("R")
GIB = 1 << 30
MEMORY = 16 * GIB
"""Bytes of address space; reserved memory counts even when it is not used."""


async def run_in_subprocess(call: Callable[..., R], *args: object, timeout: float = 3600.0, memory: int = MEMORY) -> R:
    """Runs a module-level function in a new child process and returns its result. `timeout` is in seconds, `memory` in
    bytes of address space. Raises what the function raises, or a SubprocessError."""
    child = WarmSubprocess(memory=memory)
    try:
        return await child.run(call, *args, timeout=timeout)
    finally:
        child.stop()


class WarmSubprocess:
    """A child process that the first call starts and later calls use again; it is replaced after it died, hung or was
    stopped.

    `setup(*args)` runs in the child before its first work. Calls run one after the other, so that the limits apply to
    each of them alone.
    """

    def __init__(self, setup: Callable[..., None] | None = None, *args: object, memory: int = MEMORY) -> None:
        self._initial = (memory, setup, args)
        self._turn = asyncio.Lock()
        self._child: WorkerProcess | None = None

    async def run(self, call: Callable[..., R], *args: object, timeout: float) -> R:
        """Runs a module-level function in the child and returns its result. `timeout` is in seconds, without the start
        of the child. Raises what the function raises, or a SubprocessError."""
        async with self._turn:
            try:
                child = await self._running()
                return await child.run(call, args, timeout)
            except (SubprocessError, asyncio.CancelledError):
                self.stop()
                raise

    async def _running(self) -> "WorkerProcess":
        if self._child is None or self._child.is_dead():
            self.stop()
            from kit.process.worker_process import WorkerProcess  # its libraries are for services that start a child

            self._child = WorkerProcess(self._initial)
            await self._child.start()
        return self._child

    def stop(self) -> None:
        """Kills the child, whatever it does, and returns immediately."""
        child, self._child = self._child, None
        if child is not None:
            child.end()
