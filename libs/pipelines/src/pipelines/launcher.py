"""A pool of one warm child process, which waits with zenml imported for the worker's next job."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from pipelines.child_process import ChildProcess
from pipelines.fork_server import IS_SUPPORTED, ForkServer, NoForkServer
from pipelines.port import Pipelines, RunSpec
from pipelines.run_process import RunProcess

log = logging.getLogger(__name__)


class Launcher:
    """For one run at a time. A context manager that kills the waiting child at its end. Children are forks of one
    process that has imported zenml; where that fails each imports it by itself, which takes 3 s.

    `env` and `workdir` as in `RunProcess.start`.
    """

    def __init__(self, env: Mapping[str, str], workdir: Path, pipelines: Pipelines | None = None) -> None:
        self._env, self._workdir, self._pipelines = env, workdir, pipelines
        self._server = ForkServer(env, workdir) if IS_SUPPORTED else None
        self._next: asyncio.Task[ChildProcess] | None = None

    async def __aenter__(self) -> Self:
        self._prepare()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._next and not self._next.cancel():
            process = self._next.result()
            process.kill()
            await process.wait()
        if self._server:
            self._server.close()

    @asynccontextmanager
    async def start(self, spec: RunSpec) -> AsyncIterator[RunProcess]:
        try:
            async with RunProcess(spec, self._workdir, self._take, self._pipelines) as child:
                yield child
        finally:
            self._prepare()

    def _prepare(self) -> None:
        """Called after a run and not before, so that signing in does not slow the run down."""
        if self._next is None:
            self._next = asyncio.create_task(self._child())

    async def _child(self) -> ChildProcess:
        if self._server:
            try:
                return await ChildProcess.fork(self._server, self._workdir)
            except NoForkServer:
                log.warning("run.not_forked", exc_info=True)
        return await ChildProcess.start(self._env, self._workdir)

    async def _take(self) -> ChildProcess:
        waiting, self._next = self._next, None
        if waiting:
            process = await waiting
            if process.is_alive:
                return process
            await process.wait()
        return await self._child()
