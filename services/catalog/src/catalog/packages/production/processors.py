"""Processors as the worker calls them: in one child process, with limits, and with progress."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from catalog.packages.production.child import progress, state, work
from catalog.packages.production.child.state import Asked, ChildSettings
from catalog.packages.production.outcome import Failed, ProcessorFailed
from catalog.packages.production.work_folder import WorkFolder
from kit.process.subprocess_errors import SubprocessOutOfMemory, SubprocessTimeout
from kit.process.subprocesses import WarmSubprocess

R = TypeVar("R")
QUICK = 120.0
"""Seconds for what reads no source, the start of the child not counted."""


class Processors:
    """One child process, started by the first call; a call that is cancelled kills it. `part` and `fetch` are seconds,
    `memory` is in bytes of address space."""

    def __init__(self, settings: ChildSettings, memory: int, part: float, fetch: float) -> None:
        self.settings, self._limits = settings, (part, fetch)
        self._child = WarmSubprocess(state.load, settings, memory=memory)
        self._work = WorkFolder(settings.root)

    async def stop(self) -> None:
        self._child.stop()
        await asyncio.to_thread(self._work.close)

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """Yields a folder for files in work, and removes it."""
        made = await asyncio.to_thread(self._work.new)
        try:
            yield made
        finally:
            await asyncio.to_thread(shutil.rmtree, made, ignore_errors=True)

    async def plan(self, asked: Asked) -> work.Plan:
        return await self._run(work.plan, asked, limit=QUICK)

    async def fetch(self, asked: Asked, told: Path) -> work.Ready:
        """`told`: the file with its progress."""
        return await self._run(work.fetch, asked, told, limit=self._limits[1])

    async def make(self, asked: Asked, number: int, done: int, folder: Path, told: Path) -> dict[str, Any]:
        """Returns the record of one part; `done` parts are made already."""
        return await self._run(work.make, asked, number, done, folder, told, limit=self._limits[0])

    async def finish(self, asked: Asked, made: list[dict[str, Any]], archives: list[str]) -> work.Finished:
        return await self._run(work.finish, asked, made, archives, limit=QUICK)

    async def describe(self, asked: Asked, folder: Path) -> work.Finished:
        return await self._run(work.describe, asked, folder, limit=self._limits[0])

    async def estimate(self, asked: Asked, limit: float) -> dict[str, Any]:
        return await self._run(work.estimate, asked, limit=limit)

    async def sources_keys(self) -> dict[str, str]:
        return await self._child.run(work.sources_keys, timeout=QUICK)

    async def _run(self, call: Callable[..., R | Failed], *args: object, limit: float) -> R:
        """Raises ProcessorFailed with what the task is to say, and SubprocessDied when the child was killed."""
        try:
            result = await self._child.run(call, *args, timeout=limit)
        except SubprocessTimeout as error:
            raise ProcessorFailed(Failed("ProcessorTimeoutException", str(error), "timeout")) from error
        except SubprocessOutOfMemory as error:
            raise ProcessorFailed(Failed("ProcessorMemoryException", str(error), "out_of_memory")) from error
        if isinstance(result, Failed):
            raise ProcessorFailed(result)
        return result


def last_progress(told: Path) -> tuple[int, str] | None:
    """Returns percent and label of the last report in the file `told`."""
    return progress.read(told)
