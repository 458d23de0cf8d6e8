"""The server's record of a run name: who runs it, and how it ended."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

from pipelines import reasons, report
from pipelines.child.process import only_one
from pipelines.end import End
from pipelines.port import Pipelines, RunState, RunStatus

POLL_SECONDS = 1.0


async def first_run(pipelines: Pipelines, name: str, folder: Path) -> End | None:
    """The end of the run of this name, awaited. None when nobody has begun it: this process holds the lock and shall.

    A run whose process died on this machine (its lock is free) is closed as failed; the states of a living one are
    reported. Raises PipelinesDown.
    """
    lock = told = None
    while True:
        lock = only_one(folder) if lock is None else lock
        run = await pipelines.find_run(name)
        if run is None and lock is not None:
            return None
        if run and run.status.is_terminal:
            return _end(run)
        if run and lock is not None and run.host == socket.gethostname():
            await pipelines.mark_ended(run.id, RunStatus.FAILED, reasons.LOST)
            return End("failed", reasons.LOST, run.id, "killed")
        if run and run.status != told:
            told = run.status
            report.write("status", status=told, run_id=run.id)
        await asyncio.sleep(POLL_SECONDS)


async def closed(pipelines: Pipelines, name: str, status: RunStatus, reason: str) -> End | None:
    """The end of a run that this process has submitted; None when the server never heard of it.

    A record still open is set to `status` if the steps ran in this process, else awaited. Raises PipelinesDown.
    """
    while (run := await pipelines.find_run(name)) and not run.status.is_terminal:
        if run.host == socket.gethostname():
            await pipelines.mark_ended(run.id, status, reason)
            return _end(replace(run, status=status, reason=reason))
        await asyncio.sleep(POLL_SECONDS)
    return _end(run) if run else None


def _end(run: RunState) -> End:
    if run.status in (RunStatus.COMPLETED, RunStatus.CACHED):
        return End("completed", "", run.id)
    if run.status is RunStatus.STOPPED:
        return End("stopped", reasons.STOPPED, run.id)
    return End("failed", run.reason, run.id)
