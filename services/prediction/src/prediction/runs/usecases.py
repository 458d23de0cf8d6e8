"""What people ask of a prediction: begin, begin anew, stop, show to others."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts.catalog.models import ModelSummary
from contracts.prediction import (
    CancelRun,
    ChangePrediction,
    CleanUpJob,
    DeletePrediction,
    Prediction,
    PredictionDeleted,
    PredictionJob,
    PredictionSubmitted,
    RetryPrediction,
    SetPredictionVisibility,
    SubmitPrediction,
)
from contracts.shared import CompactUser, Json
from kit.db.ids import IdAllocator
from kit.errors import Conflict, Forbidden, NotFound
from kit.messaging.tx import Tx
from prediction.results.addresses import Addresses
from prediction.runs import queries
from prediction.runs.quota import RunQuota
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import PREDICTIONS, is_settled
from prediction.runs.visibility import can_see
from runs.lifecycle import Refusal, RunLifecycle

QUEUE_TIMEOUT = timedelta(hours=24)
"""How long a prediction may wait for a worker."""


@dataclass(frozen=True)
class ValidatedSubmission:
    """A submission that was found to be sound. `ewkb` is its geometry for PostGIS, `geometry` the same as GeoJSON."""

    command: SubmitPrediction
    facts: ModelSummary
    ewkb: str
    geometry: Json
    tile_count: int


async def submit(wish: ValidatedSubmission, tx: Tx, ids: IdAllocator, quota: RunQuota) -> Prediction:
    command, now, prediction_id = wish.command, datetime.now(UTC), await ids.next(PredictionRow)
    quota.ensure_room(tx.actor.id, prediction_id, tx)
    told = {
        "image_uri": command.image_uri, "zoom": command.zoom, "params": command.params, "visibility": "private",
        "remove_osm": command.remove_osm, "description": command.description, "category": wish.facts.category,
    }  # fmt: skip
    tx.insert(
        PredictionRow, id=prediction_id, user_id=tx.actor.id, model_stac_id=command.model_stac_id,
        facts=wish.facts.model_dump(mode="json"), geom=wish.ewkb, status="initializing", error="",
        attempt=1, first_attempt=1, graceful=False, tile_count=wish.tile_count, has_pmtiles=False, results_ready=False,
        submitted_at=now, touched_at=now, due_at=now + QUEUE_TIMEOUT, **told,
    )  # fmt: skip
    fact = {"prediction_id": prediction_id, "user_id": tx.actor.id, "model_stac_id": command.model_stac_id}
    tx.emit(PredictionSubmitted(**fact))
    tx.emit(PredictionJob(prediction_id=prediction_id, attempt=1, user_id=tx.actor.id))
    return Prediction(
        id=prediction_id, zenml_run_id=None, local_model_stac_id=command.model_stac_id, status="initializing",
        geometry=wish.geometry, results_ready=False, assets=None, submitted_at=now, last_polled_at=None,
        user=CompactUser(osm_id=tx.actor.id, username=tx.actor.username), **told,
    )  # fmt: skip


async def retry(command: RetryPrediction, tx: Tx, addresses: Addresses, quota: RunQuota) -> Prediction:
    row, now = await owned(command.prediction_id, tx), datetime.now(UTC)
    try:
        life = PREDICTIONS.lifecycle(row).retry()
    except Refusal as refusal:
        raise Conflict("not_failed", str(refusal)) from refusal
    quota.ensure_room(row.user_id, row.id, tx)
    PREDICTIONS.apply(row, life, tx)
    row.graceful, row.feature_count, row.outcome = False, None, None
    row.touched_at, row.due_at = now, now + QUEUE_TIMEOUT
    tx.emit(PredictionJob(prediction_id=row.id, attempt=row.attempt, user_id=row.user_id))
    await tx.session.flush()
    return await queries.view(row.id, tx, addresses)


async def cancel(command: CancelRun, tx: Tx) -> dict:
    """The first commit wins: what has ended stays as it is."""
    row = await _run_to_cancel(command, tx)
    lacks_results = row.status == "completed" and not row.results_ready
    move = RunLifecycle.withdrawn if lacks_results else RunLifecycle.cancel
    PREDICTIONS.cancel(row, command.graceful, tx, move)
    return {"run_id": row.run_id, "status": row.status, "graceful": command.graceful}


async def _run_to_cancel(command: CancelRun, tx: Tx) -> PredictionRow:
    if command.run_id is None:
        return await owned(command.prediction_id, tx)
    row = queries.owned_run(command.run_id, await PREDICTIONS.lock_by_run(command.run_id, tx), tx.actor)
    PREDICTIONS.require_current(row, command.run_id)
    return row


async def set_visibility(command: SetPredictionVisibility, tx: Tx, addresses: Addresses) -> Prediction:
    row = await owned(command.prediction_id, tx)
    if row.visibility != command.visibility:
        row.visibility, row.results_token = command.visibility, secrets.token_hex(16)
    await tx.session.flush()
    return await queries.view(row.id, tx, addresses)


async def change(command: ChangePrediction, tx: Tx, addresses: Addresses) -> Prediction:
    row = await owned(command.prediction_id, tx)
    for name, value in command.model_dump(exclude={"prediction_id"}, exclude_none=True).items():
        setattr(row, name, value)
    await tx.session.flush()
    return await queries.view(row.id, tx, addresses)


async def delete(command: DeletePrediction, tx: Tx) -> None:
    """Feedback stays: it was also given on the model."""
    row = await owned(command.prediction_id, tx)
    if not is_settled(row):
        words = "its results are being written" if row.status == "completed" else f"it is {row.status}"
        raise Conflict("RUN_NOT_FINISHED", f"Only a prediction that has ended can be deleted; {words}.")
    tx.emit(PredictionDeleted(prediction_id=row.id, user_id=row.user_id, model_stac_id=row.model_stac_id))
    tx.emit(CleanUpJob(prediction_id=row.id))
    await tx.session.delete(row)


async def owned(prediction_id: int | None, tx: Tx) -> PredictionRow:
    """The locked row. NotFound where the caller may not see it, Forbidden where he may only see it."""
    row = await tx.session.get(PredictionRow, prediction_id, with_for_update=True) if prediction_id else None
    if row is None or not can_see(tx.actor, row.user_id, row.visibility):
        raise NotFound("prediction_not_found")
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_your_prediction", "Only its owner may change a prediction.")
    return row
