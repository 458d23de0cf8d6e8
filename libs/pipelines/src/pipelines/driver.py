"""The parent's side of a run: start the child, hear its reports, learn its end whatever happens to it, stop it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipelines import reasons
from pipelines.end import End
from pipelines.port import AlreadyFinished, Pipelines, PipelinesError, RunSpec, RunStatus
from pipelines.process import Process
from pipelines.reader import Reader

log = logging.getLogger(__name__)
SERVER_LIMIT = 5.0
"""Seconds that stopping or repairing a run waits for the server, which may be down."""
ORDERLY = 3.0
"""Seconds to end a step in order before its process is killed: nothing of it is wanted, and a person is waiting."""


class RunChild:
    """One run in a process of its own, as a context manager; leaving it early kills the run.

    Reports that nobody reads are kept. `pipelines` makes the server's record agree with what happens here.
    """

    def __init__(
        self, spec: RunSpec, workdir: Path, take: Callable[[], Awaitable[Process]], pipelines: Pipelines | None
    ) -> None:
        if Path(spec.name).name != spec.name:
            raise ValueError(f"{spec.name!r} cannot name a folder")
        self._spec, self._take, self._pipelines = spec, take, pipelines
        self.folder = workdir / spec.name
        self.log = self.folder / "child.log"
        """all output of the process, tracebacks included"""
        self._cancelled = False

    @classmethod
    def start(cls, spec: RunSpec, env: Mapping[str, str], workdir: Path, pipelines: Pipelines | None = None) -> Self:
        """`env` is added to the environment of this process. The run's files are in `workdir/<name>`: each try of a
        name needs the same `workdir`."""
        return cls(spec, workdir, lambda: Process.start(env, workdir), pipelines)

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        spec_file = self.folder / "spec.json"
        spec_file.write_text(json.dumps(asdict(self._spec)))
        self._process = await self._take()
        self._reader = Reader(self._process.folder / "report")
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._watch = asyncio.create_task(self._watch_process())
        await self._process.order(spec_file, self._process.folder / "report")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._end.done():
            self._process.kill()
        await self._watch

    @property
    def run_id(self) -> str | None:
        """None until the server knows the run."""
        return self._reader.run_id

    @property
    def pid(self) -> int:
        return self._process.pid

    async def reports(self) -> AsyncIterator[dict[str, Any]]:
        """What the child and the plug-in tell, until the child is gone. For one reader."""
        while (report := await self._reader.reports.get()) is not None:
            yield report

    async def wait(self) -> End:
        return await asyncio.shield(self._end)

    async def cancel(self, graceful: bool = False, limit: float = ORDERLY) -> End:
        """The end: `stopped`, or `completed` when that came first. Graceful lets the step in hand finish, however long
        it takes; otherwise the process has `limit` seconds before it is killed."""
        self._cancelled = True
        known = await self._ask_to_stop(graceful)
        if graceful and known:
            return await self.wait()
        self._process.terminate()
        try:
            return await asyncio.wait_for(self.wait(), limit)
        except TimeoutError:
            self._process.kill()
            return await self.wait()

    async def _watch_process(self) -> None:
        code = await self._process.wait()
        self._reader.close()
        end = self._judge(code)
        self._end.set_result(end)
        if self._pipelines and (self._reader.end is None or end.cause == "server"):
            await self._repair(end, self._pipelines)

    def _judge(self, code: int) -> End:
        end = self._reader.end or _unspoken(code)
        end = replace(end, run_id=end.run_id or self.run_id)
        return End("stopped", reasons.STOPPED, end.run_id) if self._cancelled and end.status != "completed" else end

    async def _ask_to_stop(self, graceful: bool) -> bool:
        """Whether the server has been told."""
        if not (self._pipelines and self.run_id):
            return False
        try:
            async with asyncio.timeout(SERVER_LIMIT):
                await self._pipelines.stop(self.run_id, graceful)
        except AlreadyFinished:
            pass
        except (PipelinesError, TimeoutError):
            log.warning("run.stop_not_told", exc_info=True, extra={"run": self._spec.name})
            return False
        return True

    async def _repair(self, end: End, pipelines: Pipelines) -> None:
        """The process died without a word: the server believes that it runs. Steps in a cluster do and are stopped."""
        try:
            async with asyncio.timeout(SERVER_LIMIT):
                run = await pipelines.find_run(self._spec.name)
                if run and run.host is None:
                    await pipelines.stop(run.id)
                elif run:
                    await pipelines.mark_ended(run.id, RunStatus(end.status), end.reason)
        except AlreadyFinished:
            pass
        except (PipelinesError, TimeoutError):
            log.warning("run.not_repaired", exc_info=True, extra={"run": self._spec.name})


def _unspoken(code: int) -> End:
    """The end of a process that did not tell its own."""
    why = reasons.of_signal(-code) if code < 0 else f"The process of the run ended unexpectedly (exit code {code})"
    return End("failed", why, cause="killed")
