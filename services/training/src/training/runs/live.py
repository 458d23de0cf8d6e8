"""Questions that only the pipeline server can answer, for who owns the run."""

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import bindparam, select

from contracts.shared import TERMINAL
from contracts.training import GetRunLogs, GetRunState, ListModelRuns, LogLine, RunState
from kit.errors import NotFound, Unavailable
from kit.messaging.tx import ReadTx
from kit.statements import Prepared
from pipelines.port import LogsUnavailable, Pipelines, PipelinesDown, RunNotFound, StepNotFound
from pipelines.states import Life
from training.runs.queries import refuse_strangers
from training.tables import ModelNameRow, RunRow, TrainingRow

T = TypeVar("T")
PATIENCE = 1.2
"""Seconds that a live status waits for the worker to record the end that the pipeline server tells already."""
_columns = (TrainingRow.id, TrainingRow.status, TrainingRow.attempt, TrainingRow.zenml_run_id, TrainingRow.user_id)
_BY_RUN = Prepared(
    select(*_columns).join(RunRow, RunRow.training_id == TrainingRow.id).where(RunRow.run_id == bindparam("run_id"))
)
_BY_ID = Prepared(select(*_columns).where(TrainingRow.id == bindparam("training_id")))
_NAME = Prepared(select(ModelNameRow.user_id, ModelNameRow.visibility).where(ModelNameRow.name == bindparam("name")))


async def get_run_state(query: GetRunState, read: ReadTx, pipelines: Pipelines) -> RunState:
    """A state that is final on our side is not asked for again. An end is told once it is on record, so that whoever
    hears `completed` may publish."""
    row = await _row(read, run_id=query.run_id)
    if row["zenml_run_id"] != query.run_id:
        return RunState(run_id=query.run_id, status="retried", is_terminal=True)
    if row["status"] not in TERMINAL:
        row["status"] = await _status(row, read, pipelines)
    return RunState(run_id=query.run_id, status=row["status"], is_terminal=row["status"] in TERMINAL)


async def _status(row: dict[str, Any], read: ReadTx, pipelines: Pipelines) -> str:
    try:
        server = await _reachable(pipelines.state(row["zenml_run_id"]))
    except RunNotFound:
        return row["status"]
    life = Life(row["status"], row["attempt"], run_id=row["zenml_run_id"]).hear(row["attempt"], server.status)
    return await _recorded(row, read) if life.is_terminal else life.status


async def _recorded(row: dict[str, Any], read: ReadTx) -> str:
    for _ in range(int(PATIENCE / 0.05)):
        now = await _row(read, training_id=row["id"])
        if now["status"] in TERMINAL or now["attempt"] != row["attempt"]:
            return now["status"]
        await asyncio.sleep(0.05)
    return row["status"]


async def get_run_logs(query: GetRunLogs, read: ReadTx, pipelines: Pipelines) -> list[LogLine]:
    """Oldest first; empty while there is no run."""
    by_run = query.run_id is not None
    row = await (_row(read, run_id=query.run_id) if by_run else _row(read, training_id=query.training_id))
    run_id = query.run_id or row["zenml_run_id"]
    if run_id is None:
        return []
    try:
        entries = await _reachable(pipelines.logs(run_id, query.step, query.tail, query.since))
    except StepNotFound as error:
        raise NotFound("step_not_found", str(error), available=error.available) from error
    except (RunNotFound, LogsUnavailable) as error:
        raise NotFound("logs_not_found", str(error)) from error
    return [LogLine(**asdict(entry)) for entry in entries]


async def list_model_runs(query: ListModelRuns, read: ReadTx, pipelines: Pipelines) -> list[dict[str, Any]]:
    async with read.db.raw() as connection:
        rows = await _NAME.rows(connection, name=query.model_name)
    if not rows or not (rows[0]["visibility"] == "public" or read.actor.owns(rows[0]["user_id"])):
        raise NotFound("model_not_found", "There is no such model.")
    return [asdict(run) for run in await _reachable(pipelines.runs_of_model(query.model_name, query.limit))]


async def _row(read: ReadTx, **key: Any) -> dict[str, Any]:
    async with read.db.raw() as connection:
        rows = await (_BY_RUN if "run_id" in key else _BY_ID).rows(connection, **key)
    if not rows:
        raise NotFound("run_not_found", "There is no such run.")
    await refuse_strangers(rows[0]["id"], rows[0]["user_id"], read.session, read.actor)
    return rows[0]


async def _reachable(call: Awaitable[T]) -> T:
    try:
        return await call
    except PipelinesDown as error:
        raise Unavailable("pipelines_unavailable", "The pipeline server does not answer, try again.") from error
