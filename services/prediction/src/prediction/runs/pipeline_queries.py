"""Questions that only the pipeline server can answer, for the owner of the run."""

from typing import Any

from contracts.prediction import GetRunLogs, GetRunState
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx
from pipelines.port import LogsUnavailable
from prediction.runs import queries
from prediction.runs.transitions import PREDICTIONS
from runs.pipeline_queries import read_logs, reported_status, run_state
from runs.pipeline_server import PipelineServer


async def get_run_state(query: GetRunState, read: ReadTx, server: PipelineServer) -> dict[str, Any]:
    """The state of the row while the pipeline server does not answer."""
    life = PREDICTIONS.lifecycle(await queries.run_of(query.run_id, read))
    await read.close()
    try:
        status = await reported_status(query.run_id, life, server)
    except Unavailable:
        status = life.status
    return run_state(query.run_id, status)


async def get_run_logs(query: GetRunLogs, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    await queries.run_of(query.run_id, read)
    await read.close()
    try:
        return await read_logs(query.run_id, query, server)
    except LogsUnavailable as problem:
        raise Unavailable("logs_unavailable", str(problem)) from problem
