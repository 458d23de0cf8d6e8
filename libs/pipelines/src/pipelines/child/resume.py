"""Resuming a run by its name: the server's record tells whether it runs elsewhere or has ended."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

from pipelines import failure_messages, report
from pipelines.child.process import only_one
from pipelines.outcome import RunOutcome, failed
from pipelines.port import Pipelines, RunState, RunStatus

POLL_SECONDS = 1.0


async def resume_run(pipelines: Pipelines, name: str, folder: Path) -> RunOutcome | None:
    """Waits for the end of the run of this name and returns its outcome.

    Returns None when no process has started it; this process holds the lock then and starts it. A run whose process
    died on this machine (its lock is free) is closed as failed; the status changes of a live one are reported.
    Raises PipelinesDown.
    """
    lock = reported = None
    while True:
        lock = only_one(folder) if lock is None else lock
        run = await pipelines.find_run(name)
        if run is None and lock is not None:
            return None
        if run and run.status.is_terminal:
            return _outcome(run)
        if run and lock is not None and run.host == socket.gethostname():
            await pipelines.mark_ended(run.id, RunStatus.FAILED, failure_messages.LOST)
            return RunOutcome("failed", failure_messages.LOST, run.id, "killed")
        if run and run.status != reported:
            reported = run.status
            report.write("status", status=reported, run_id=run.id)
        await asyncio.sleep(POLL_SECONDS)


async def close_run(pipelines: Pipelines, name: str, status: RunStatus, reason: str) -> RunOutcome | None:
    """Returns the outcome of a run that this process has submitted; None when the server has no record of it.

    An open record is set to `status` if the steps ran in this process; otherwise its end is awaited.
    Raises PipelinesDown.
    """
    while (run := await pipelines.find_run(name)) and not run.status.is_terminal:
        if run.host == socket.gethostname():
            await pipelines.mark_ended(run.id, status, reason)
            return _outcome(replace(run, status=status, reason=reason))
        await asyncio.sleep(POLL_SECONDS)
    return _outcome(run) if run else None


def _outcome(run: RunState) -> RunOutcome:
    if run.status in (RunStatus.COMPLETED, RunStatus.CACHED):
        return RunOutcome("completed", "", run.id)
    if run.status is RunStatus.STOPPED:
        return RunOutcome("stopped", failure_messages.STOPPED, run.id)
    return failed(run.reason, run.id)
