"""A worker's supply of children: the next one imports zenml while the worker waits for its next job."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.driver import RunChild
from pipelines.port import Pipelines, RunSpec
from pipelines.process import Process


class Launcher:
    """For one run at a time. A context manager; at its end the waiting child is killed.

    `env` and `workdir` as in `RunChild.start`.
    """

    def __init__(self, env: Mapping[str, str], workdir: Path, pipelines: Pipelines | None = None) -> None:
        self._env, self._workdir, self._pipelines = env, workdir, pipelines
        self._next: asyncio.Task[Process] | None = None

    async def __aenter__(self) -> Self:
        self._prepare()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next:
            process = await self._next
            process.kill()
            await process.wait()

    @asynccontextmanager
    async def start(self, spec: RunSpec) -> AsyncIterator[RunChild]:
        try:
            async with RunChild(spec, self._workdir, self._take, self._pipelines) as child:
                yield child
        finally:
            self._prepare()

    def _prepare(self) -> None:
        """After a run and not before, so that the import does not slow the run down."""
        if self._next is None:
            self._next = asyncio.create_task(Process.start(self._env, self._workdir))

    async def _take(self) -> Process:
        waiting, self._next = self._next, None
        if waiting:
            process = await waiting
            if process.is_alive:
                return process
            await process.wait()
        return await Process.start(self._env, self._workdir)
