"""Putting the pipeline server's record right."""

from contextlib import suppress

from pipelines.port import AlreadyFinished, Pipelines, RunState, RunStatus


async def close_pipeline_run(run: RunState | None, status: RunStatus, reason: str, pipelines: Pipelines) -> None:
    """Ends the record of a run whose process is gone; steps that an orchestrator runs elsewhere are stopped there."""
    if run is None or run.status.is_terminal:
        return
    if run.host is None:
        with suppress(AlreadyFinished):
            await pipelines.stop(run.id)
    else:
        await pipelines.mark_ended(run.id, status, reason)
