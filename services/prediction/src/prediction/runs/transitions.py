"""Where a prediction is: the adapter of `runs.transitions`, its lease and its messages."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.prediction import CleanUpJob, PredictionFailed, PredictionStatusChanged, PredictionStopped
from kit.jobs.waiting import noted
from kit.messaging.tx import Tx
from prediction.runs.tables import PredictionRow, RunRow
from runs.lease import Lease
from runs.lifecycle import RunLifecycle
from runs.transitions import RunTransitions

MIN_TIME_AFTER_OUTAGE = timedelta(minutes=30)
"""What is left of its time at least."""
HELD = (PredictionRow.status != "failed") & (PredictionRow.status != "stopped")
LEASE = Lease(PredictionRow, PredictionRow.touched_at, HELD)


class PredictionTransitions(RunTransitions[PredictionRow]):
    table, pipeline_runs = PredictionRow, RunRow
    reference, pipeline_run_id, name_prefix = "prediction_id", "run_id", "run-p"
    announces_attempts = True

    def apply(
        self, row: PredictionRow, after: RunLifecycle, tx: Tx, reason: str = "", outcome: dict[str, Any] | None = None
    ) -> None:
        """Every report ends a wait."""
        row.waiting = None
        super().apply(row, after, tx, reason, outcome)

    def begin_attempt(self, row: PredictionRow, tx: Tx) -> None:
        row.started_at, row.error = None, ""

    def status_changed(self, row: PredictionRow, previous: str) -> PredictionStatusChanged:
        states = {"status": row.status, "previous": previous, "run_id": row.run_id, "attempt": row.attempt}
        return PredictionStatusChanged.model_validate(event_fields(row) | states)

    def end(self, row: PredictionRow, tx: Tx, reason: str, outcome: dict[str, Any] | None) -> None:
        """A completed run still lacks its results."""
        if row.status == "failed":
            row.error = reason
            tx.emit(PredictionFailed(**event_fields(row), reason=reason))
        elif row.status == "stopped":
            tx.emit(PredictionStopped(**event_fields(row)))
            tx.emit(CleanUpJob(prediction_id=row.id, attempt=row.attempt))


PREDICTIONS = PredictionTransitions()


def event_fields(row: PredictionRow) -> dict[str, Any]:
    return {"prediction_id": row.id, "user_id": row.user_id, "model_stac_id": row.model_stac_id}


async def record_wait(prediction_id: int, reason: str, tx: Tx) -> None:
    """An outage does not use up the time that the prediction has."""
    row = await PREDICTIONS.lock(prediction_id, tx)
    if row is not None and not is_settled(row):
        row.waiting = noted(row.waiting, reason)
        row.due_at = max(row.due_at, datetime.now(UTC) + MIN_TIME_AFTER_OUTAGE)


def is_settled(row: PredictionRow) -> bool:
    """Nothing will change any more; a completed run is not settled until its results are there."""
    return row.results_ready or row.status in ("failed", "stopped", "retried")
