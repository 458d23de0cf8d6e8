"""The parent's side of a run: starts its process, passes its reports on, determines its outcome, stops it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipelines import failure_messages
from pipelines.child_process import ChildProcess
from pipelines.outcome import RunOutcome
from pipelines.port import AlreadyFinished, Pipelines, PipelinesError, RunSpec, RunStatus
from pipelines.process_usage import ProcessUsage
from pipelines.report_reader import ReportReader

log = logging.getLogger(__name__)
SERVER_TIMEOUT = 5.0
"""Seconds that stopping or repairing a run waits for the server."""
TERMINATE_GRACE_SECONDS = 3.0
"""Seconds between SIGTERM and SIGKILL: the result of a cancelled step is not needed, and a user is waiting."""


class RunProcess:
    """One run in a process of its own, as a context manager; leaving it early kills the run.

    Unread reports are queued. `pipelines` is used to correct the server's record of the run.
    """

    def __init__(
        self, spec: RunSpec, workdir: Path, take: Callable[[], Awaitable[ChildProcess]], pipelines: Pipelines | None
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
        """Adds `env` to the environment of this process. The run's files are in `workdir/<name>`, so each attempt of
        one name needs the same `workdir`."""
        return cls(spec, workdir, lambda: ChildProcess.start(env, workdir), pipelines)

    async def __aenter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        spec_file = self.folder / "spec.json"
        spec_file.write_text(json.dumps(asdict(self._spec)))
        self._process = await self._take()
        self._reader = ReportReader(self._process.folder / "report")
        self._outcome: asyncio.Future[RunOutcome] = asyncio.get_running_loop().create_future()
        self._watch = asyncio.create_task(self._watch_process())
        await self._process.send_spec(spec_file, self._process.folder / "report")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._outcome.done():
            self.kill()
        await self._watch

    @property
    def run_id(self) -> str | None:
        """None until the server has a record of the run."""
        return self._reader.run_id

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usage(self) -> ProcessUsage:
        """What the processes of the run have cost until now; after `wait` for good."""
        return self._process.usage

    def kill(self) -> None:
        self._process.kill()

    async def reports(self) -> AsyncIterator[dict[str, Any]]:
        """Yields the reports of the child and the plug-in until the child has ended. For one reader."""
        while (report := await self._reader.reports.get()) is not None:
            yield report

    async def wait(self) -> RunOutcome:
        return await asyncio.shield(self._outcome)

    async def cancel(self, graceful: bool = False, limit: float = TERMINATE_GRACE_SECONDS) -> RunOutcome:
        """Stops the run and returns its outcome: `stopped`, or `completed` when that came first.

        Graceful lets the current step finish, however long it takes; otherwise the process is killed after `limit`
        seconds.
        """
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
        outcome = self._final_outcome(code)
        self._outcome.set_result(outcome)
        if self._pipelines and (self._reader.outcome is None or outcome.cause == "server"):
            await self._repair(outcome, self._pipelines)

    def _final_outcome(self, code: int) -> RunOutcome:
        outcome = self._reader.outcome or _outcome_of_exit(code)
        outcome = replace(outcome, run_id=outcome.run_id or self.run_id)
        if self._cancelled and outcome.status != "completed":
            return RunOutcome("stopped", failure_messages.STOPPED, outcome.run_id)
        return outcome

    async def _ask_to_stop(self, graceful: bool) -> bool:
        """Returns whether the server has accepted the request."""
        if not (self._pipelines and self.run_id):
            return False
        try:
            async with asyncio.timeout(SERVER_TIMEOUT):
                await self._pipelines.stop(self.run_id, graceful)
        except AlreadyFinished:
            pass
        except (PipelinesError, TimeoutError):
            log.warning("run.stop_not_told", exc_info=True, extra={"run": self._spec.name})
            return False
        return True

    async def _repair(self, outcome: RunOutcome, pipelines: Pipelines) -> None:
        """The process died without an outcome, so the server's record is still open; steps in a cluster still run."""
        try:
            async with asyncio.timeout(SERVER_TIMEOUT):
                run = await pipelines.find_run(self._spec.name)
                if run and run.host is None:
                    await pipelines.stop(run.id)
                elif run:
                    await pipelines.mark_ended(run.id, RunStatus(outcome.status), outcome.reason)
        except AlreadyFinished:
            pass
        except (PipelinesError, TimeoutError):
            log.warning("run.not_repaired", exc_info=True, extra={"run": self._spec.name})


def _outcome_of_exit(code: int) -> RunOutcome:
    """The outcome of a process that did not report one."""
    unexpected = f"The process of the run ended unexpectedly (exit code {code})"
    why = failure_messages.of_signal(-code) if code < 0 else unexpected
    return RunOutcome("failed", why, cause="killed")
