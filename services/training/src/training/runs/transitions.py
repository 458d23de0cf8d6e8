"""Where a training is: the adapter of `runs.transitions`, its lease and its messages."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from contracts.training import (
    TrainingCompleted,
    TrainingFailed,
    TrainingJob,
    TrainingStatusChanged,
    TrainingStopped,
)
from kit.errors import NotFound
from kit.messaging.tx import Tx
from runs.lease import Lease
from runs.transitions import RunTransitions
from training.runs.tables import ACTIVE, RunRow, TrainingRow

WORKER_GONE = "The machine that ran it was lost again and again."
LEASE = Lease(TrainingRow, TrainingRow.heartbeat_at, text(ACTIVE))


class TrainingTransitions(RunTransitions[TrainingRow]):
    table, pipeline_runs = TrainingRow, RunRow
    reference, pipeline_run_id, name_prefix = "training_id", "zenml_run_id", "run-"

    def begin_attempt(self, row: TrainingRow, tx: Tx) -> None:
        row.started_at = row.heartbeat_at = row.deadline_at = row.ended_at = row.outcome = None
        row.error, row.waiting, row.graceful = "", None, False
        send_job(row, tx)

    def status_changed(self, row: TrainingRow, previous: str) -> TrainingStatusChanged:
        states = {"status": row.status, "previous": previous, "run_id": row.zenml_run_id, "attempt": row.attempt}
        return TrainingStatusChanged.model_validate(_event_fields(row) | states)

    def end(self, row: TrainingRow, tx: Tx, reason: str, outcome: dict[str, Any] | None) -> None:
        row.ended_at, row.waiting, row.outcome = datetime.now(UTC), None, outcome
        if row.status in ("completed", "cached"):
            made = outcome or {}
            tx.emit(TrainingCompleted(
                **_event_fields(row), run_id=row.zenml_run_id or "", metrics=made.get("metrics", {}),
                outcome=made.get("outcome"),
            ))  # fmt: skip
        elif row.status == "stopped":
            tx.emit(TrainingStopped(**_event_fields(row)))
        elif row.status == "failed":
            row.error = reason or WORKER_GONE
            tx.emit(TrainingFailed(**_event_fields(row), reason=row.error))


TRAININGS = TrainingTransitions()


async def lock_run(training_id: int, tx: Tx) -> TrainingRow:
    return _found(await TRAININGS.lock(training_id, tx))


async def lock_by_run_id(run_id: str, tx: Tx) -> TrainingRow:
    """The training that has or had this run."""
    return _found(await TRAININGS.lock_by_run(run_id, tx))


def _found(row: TrainingRow | None) -> TrainingRow:
    if row is None:
        raise NotFound("training_not_found", "There is no such training.")
    return row


def send_job(row: TrainingRow, tx: Tx) -> None:
    row.queued_at = datetime.now(UTC)
    tx.emit(TrainingJob(training_id=row.id, attempt=row.attempt, user_id=row.user_id))


def _event_fields(row: TrainingRow) -> dict[str, Any]:
    return {
        "training_id": row.id, "user_id": row.user_id, "model_name": row.model_name, "local_model": row.local_model,
    }  # fmt: skip
