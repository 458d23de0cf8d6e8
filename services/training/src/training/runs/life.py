"""From row to `Life` and back. The only place that changes where a training is, and that tells of it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from contracts.training import (
    TrainingCompleted,
    TrainingFailed,
    TrainingJob,
    TrainingStatusChanged,
    TrainingStopped,
)
from kit.errors import NotFound
from kit.messaging.tx import Tx
from pipelines.states import Life
from training.tables import RunRow, TrainingRow

WORKER_GONE = "The machine that ran it was lost again and again."


def run_name(training_id: int, attempt: int) -> str:
    """Of the run on the pipeline server, by which it can be found whoever submitted it."""
    return f"run-{training_id}-{attempt}"


async def locked(training_id: int, tx: Tx) -> TrainingRow:
    return await _only(select(TrainingRow).where(TrainingRow.id == training_id), tx)


async def locked_by_run(run_id: str, tx: Tx) -> TrainingRow:
    """The training that has or had this run."""
    runs = select(TrainingRow).join(RunRow, RunRow.training_id == TrainingRow.id)
    return await _only(runs.where(RunRow.run_id == run_id), tx)


async def _only(statement: Any, tx: Tx) -> TrainingRow:
    """Locked until the end of the transaction, so that concurrent reports come one after the other."""
    row = await tx.session.scalar(statement.with_for_update(of=TrainingRow))
    if row is None:
        raise NotFound("training_not_found", "There is no such training.")
    return row


def life_of(row: TrainingRow) -> Life:
    return Life(row.status, row.attempt, row.first_attempt, row.zenml_run_id, row.started_at is not None)


def move(row: TrainingRow, after: Life, tx: Tx, reason: str = "", outcome: dict[str, Any] | None = None) -> None:
    """Writes the new state and its events; does nothing when it is the old one."""
    before = life_of(row)
    if after == before:
        return
    if after.run_id and after.run_id != before.run_id:
        tx.upsert(RunRow, ["run_id"], run_id=after.run_id, training_id=row.id, attempt=after.attempt)
    row.status, row.zenml_run_id = after.status, after.run_id
    row.attempt, row.first_attempt = after.attempt, after.first_attempt
    if after.attempt != before.attempt:
        _begin_attempt(row, tx)
    if after.status != before.status:
        _tell(row, before.status, tx)
    if after.is_terminal and not before.is_terminal:
        _end(row, tx, reason, outcome)


def send_job(row: TrainingRow, tx: Tx) -> None:
    row.queued_at = datetime.now(UTC)
    tx.emit(TrainingJob(training_id=row.id, attempt=row.attempt, user_id=row.user_id))


def _begin_attempt(row: TrainingRow, tx: Tx) -> None:
    row.started_at = row.heartbeat_at = row.deadline_at = row.ended_at = row.outcome = None
    row.error, row.graceful = "", False
    send_job(row, tx)


def _tell(row: TrainingRow, previous: str, tx: Tx) -> None:
    tx.emit(TrainingStatusChanged(
        **_about(row), status=row.status, previous=previous, run_id=row.zenml_run_id, attempt=row.attempt
    ))  # fmt: skip


def _end(row: TrainingRow, tx: Tx, reason: str, outcome: dict[str, Any] | None) -> None:
    row.ended_at, row.outcome = datetime.now(UTC), outcome
    if row.status in ("completed", "cached"):
        metrics = (outcome or {}).get("metrics", {})
        tx.emit(TrainingCompleted(**_about(row), run_id=row.zenml_run_id or "", metrics=metrics))
    elif row.status == "stopped":
        tx.emit(TrainingStopped(**_about(row)))
    elif row.status == "failed":
        row.error = reason or WORKER_GONE
        tx.emit(TrainingFailed(**_about(row), reason=row.error))


def _about(row: TrainingRow) -> dict[str, Any]:
    return {
        "training_id": row.id, "user_id": row.user_id, "model_name": row.model_name, "local_model": row.local_model,
    }  # fmt: skip
