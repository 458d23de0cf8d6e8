"""A pool of one warm child process: it imports zenml while the worker waits for its next job."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.child_process import ChildProcess
from pipelines.port import Pipelines, RunSpec
from pipelines.run_process import RunProcess


class Launcher:
    """For one run at a time. A context manager that kills the waiting child at its end.

    `env` and `workdir` as in `RunProcess.start`.
    """

    def __init__(self, env: Mapping[str, str], workdir: Path, pipelines: Pipelines | None = None) -> None:
        self._env, self._workdir, self._pipelines = env, workdir, pipelines
        self._next: asyncio.Task[ChildProcess] | None = None

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
    async def start(self, spec: RunSpec) -> AsyncIterator[RunProcess]:
        try:
            async with RunProcess(spec, self._workdir, self._take, self._pipelines) as child:
                yield child
        finally:
            self._prepare()

    def _prepare(self) -> None:
        """Called after a run and not before, so that the import does not slow the run down."""
        if self._next is None:
            self._next = asyncio.create_task(ChildProcess.start(self._env, self._workdir))

    async def _take(self) -> ChildProcess:
        waiting, self._next = self._next, None
        if waiting:
            process = await waiting
            if process.is_alive:
                return process
            await process.wait()
        return await ChildProcess.start(self._env, self._workdir)
