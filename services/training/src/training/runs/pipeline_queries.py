"""Questions that only the pipeline server can answer, for who owns the run."""

import asyncio
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, select

from contracts.shared import TERMINAL
from contracts.training import GetRunLogs, GetRunState, ListModelRuns
from kit.db.sql import CompiledQuery
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from pipelines.port import LogsUnavailable
from runs.lifecycle import RunLifecycle
from runs.pipeline_queries import read_logs, reported_status, run_state
from runs.pipeline_server import PipelineServer
from training.runs.tables import ModelNameRow, RunRow, TrainingRow
from training.runs.visibility import require_owner

RECORD_TIMEOUT = 1.2
"""Seconds that a live status waits for the worker to record the end that the pipeline server tells already."""
_columns = (TrainingRow.id, TrainingRow.status, TrainingRow.attempt, TrainingRow.zenml_run_id, TrainingRow.user_id)
_BY_RUN = CompiledQuery(
    select(*_columns).join(RunRow, RunRow.training_id == TrainingRow.id).where(RunRow.run_id == bindparam("run_id"))
)
_BY_ID = CompiledQuery(select(*_columns).where(TrainingRow.id == bindparam("training_id")))
_NAME = CompiledQuery(
    select(ModelNameRow.user_id, ModelNameRow.visibility).where(ModelNameRow.name == bindparam("name"))
)


async def get_run_state(query: GetRunState, read: ReadTx, server: PipelineServer) -> dict[str, Any]:
    """An end is told once it is on record, so that whoever hears `completed` may publish."""
    row = await _row(read, run_id=query.run_id)
    life = RunLifecycle(row["status"], row["attempt"], run_id=row["zenml_run_id"])
    status = await reported_status(query.run_id, life, server)
    if status in TERMINAL and not life.is_terminal and life.run_id == query.run_id:
        status = await _recorded(row, read)
    return run_state(query.run_id, status)


async def _recorded(row: dict[str, Any], read: ReadTx) -> str:
    for _ in range(int(RECORD_TIMEOUT / 0.05)):
        now = await _row(read, training_id=row["id"])
        if now["status"] in TERMINAL or now["attempt"] != row["attempt"]:
            return now["status"]
        await asyncio.sleep(0.05)
    return row["status"]


async def get_run_logs(query: GetRunLogs, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    """Oldest first; empty while there is no run."""
    by_run = query.run_id is not None
    row = await (_row(read, run_id=query.run_id) if by_run else _row(read, training_id=query.training_id))
    run_id = query.run_id or row["zenml_run_id"]
    try:
        return await read_logs(run_id, query, server) if run_id else []
    except LogsUnavailable as error:
        raise NotFound("logs_not_found", str(error)) from error


async def list_model_runs(query: ListModelRuns, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    async with read.db.raw() as connection:
        rows = await _NAME.rows(connection, name=query.model_name)
    if not rows or not (rows[0]["visibility"] == "public" or read.actor.owns(rows[0]["user_id"])):
        raise NotFound("model_not_found", "There is no such model.")
    runs = await server.call(lambda it: it.runs_of_model(query.model_name, query.limit))
    return [asdict(run) for run in runs]


async def _row(read: ReadTx, **key: Any) -> dict[str, Any]:
    async with read.db.raw() as connection:
        rows = await (_BY_RUN if "run_id" in key else _BY_ID).rows(connection, **key)
    if not rows:
        raise NotFound("run_not_found", "There is no such run.")
    await require_owner(rows[0]["id"], rows[0]["user_id"], read.session, read.actor)
    await read.close()
    return rows[0]
