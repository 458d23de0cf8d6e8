"""Questions that only the pipeline server can answer, for the owner of the run."""

from typing import Any

from contracts.prediction import GetRunLogs, GetRunState
from contracts.shared import TERMINAL
from kit.errors import NotFound, Unavailable
from kit.messaging.tx import ReadTx
from pipelines.port import LogsUnavailable, PipelinesDown, RunNotFound, RunStatus, StepNotFound
from prediction.runs import queries
from prediction.runs.transitions import PREDICTIONS
from runs.pipeline_server import PipelineServer


async def get_run_state(query: GetRunState, read: ReadTx, server: PipelineServer) -> dict[str, Any]:
    """What the pipeline server says now, as far as it is news; a row that has ended has the last word."""
    row = await queries.run_of(query.run_id, read)
    await read.close()
    if row.run_id != query.run_id:
        return {"run_id": query.run_id, "status": "retried", "is_terminal": True}
    life = PREDICTIONS.lifecycle(row)
    reported = None if life.is_terminal else await _status(query.run_id, server)
    status = life.reported(row.attempt, reported).status if reported else life.status
    return {"run_id": query.run_id, "status": status, "is_terminal": status in TERMINAL}


async def _status(run_id: str, server: PipelineServer) -> RunStatus | None:
    """None when the server cannot say."""
    try:
        return (await server.call(lambda it: it.state(run_id))).status
    except (RunNotFound, Unavailable):
        return None


async def get_run_logs(query: GetRunLogs, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    await queries.run_of(query.run_id, read)
    await read.close()
    try:
        entries = await server.ask(lambda it: it.logs(query.run_id, query.step, query.tail, query.since))
    except (StepNotFound, RunNotFound) as problem:
        raise NotFound("logs_not_found", str(problem)) from problem
    except (LogsUnavailable, PipelinesDown) as problem:
        raise Unavailable("logs_unavailable", str(problem)) from problem
    return [{"level": e.level, "message": e.message, "timestamp": e.timestamp} for e in entries]
