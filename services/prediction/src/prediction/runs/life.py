"""The row and `pipelines.states.Life`: one change, one event."""

from datetime import UTC, datetime, timedelta

from contracts.prediction import CleanUpJob, PredictionFailed, PredictionStatusChanged, PredictionStopped
from kit.messaging.tx import Tx
from pipelines.states import Life
from prediction.runs.tables import PredictionRow, RunRow

LEASE = timedelta(seconds=15)
"""A worker that has given no sign of life for so long has lost the row."""


def life_of(row: PredictionRow) -> Life:
    return Life(row.status, row.attempt, row.first_attempt, row.run_id, row.started_at is not None)


def run_name(prediction_id: int, attempt: int) -> str:
    """Apart from training's names, which share the pipeline server."""
    return f"run-p{prediction_id}-{attempt}"


def is_held(row: PredictionRow) -> bool:
    """A worker is at it and alive."""
    return row.started_at is not None and datetime.now(UTC) - row.touched_at < LEASE


def is_settled(row: PredictionRow) -> bool:
    """Nothing will change any more; a completed run is not settled until its results are there."""
    return row.results_ready or row.status in ("failed", "stopped", "retried")


def live(row: PredictionRow, life: Life, tx: Tx, reason: str = "") -> None:
    """Writes the new life into the locked row and tells of the change; `reason` is kept when the life ends badly."""
    previous, anew = row.status, life.attempt != row.attempt
    if life.run_id and life.run_id != row.run_id:
        tx.upsert(RunRow, ["run_id"], run_id=life.run_id, prediction_id=row.id, attempt=life.attempt)
    row.status, row.attempt, row.first_attempt, row.run_id = life.status, life.attempt, life.first_attempt, life.run_id
    if anew:
        row.started_at, row.error = None, ""
    if life.status == previous and not anew:
        return
    fact = {"prediction_id": row.id, "user_id": row.user_id, "model_stac_id": row.model_stac_id}
    tx.emit(
        PredictionStatusChanged(**fact, status=life.status, previous=previous, run_id=life.run_id, attempt=life.attempt)
    )
    if life.status == "failed":
        row.error = reason
        tx.emit(PredictionFailed(**fact, reason=reason))
    if life.status == "stopped":
        tx.emit(PredictionStopped(**fact))
        tx.emit(CleanUpJob(prediction_id=row.id, attempt=row.attempt))
