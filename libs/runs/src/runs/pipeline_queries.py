"""Questions that only the pipeline server can answer."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from contracts.shared import TERMINAL
from kit.errors import NotFound
from pipelines.port import RunNotFound, StepNotFound
from runs.lifecycle import RunLifecycle
from runs.pipeline_server import PipelineServer


class LogsQuery(Protocol):
    """Which lines of a log are wanted: of one step or of all, at most the last `tail`, those later than `since`."""

    @property
    def step(self) -> str | None: ...

    @property
    def tail(self) -> int: ...

    @property
    def since(self) -> datetime | None: ...


async def reported_status(run_id: str, life: RunLifecycle, server: PipelineServer) -> str:
    """Returns the status of a pipeline run that the row `life` has or had, by the server's latest report.

    A run that another one followed is `retried`. A state that is final on our side is not asked for again. Raises
    Unavailable while the pipeline server does not answer."""
    if life.run_id != run_id:
        return "retried"
    if life.is_terminal:
        return life.status
    try:
        state = await server.call(lambda it: it.state(run_id))
    except RunNotFound:
        return life.status
    return life.reported(life.attempt, state.status).status


def run_state(run_id: str, status: str) -> dict[str, Any]:
    """What both services answer: `{run_id, status, is_terminal}`."""
    return {"run_id": run_id, "status": status, "is_terminal": status in TERMINAL}


async def read_logs(run_id: str, query: LogsQuery, server: PipelineServer) -> list[dict[str, Any]]:
    """Returns lines `{level, message, timestamp}`, oldest first.

    Raises NotFound for a run or a step that the pipeline server does not know, LogsUnavailable when it has no logs of
    the run, Unavailable while it does not answer."""
    try:
        entries = await server.call(lambda it: it.logs(run_id, query.step, query.tail, query.since))
    except StepNotFound as error:
        raise NotFound("step_not_found", str(error), available=error.available) from error
    except RunNotFound as error:
        raise NotFound("logs_not_found", str(error)) from error
    return [asdict(entry) for entry in entries]
