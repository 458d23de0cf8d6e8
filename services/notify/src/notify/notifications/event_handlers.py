"""Events of the other services become notifications for people."""

from contracts import prediction as p
from contracts import training as t
from contracts.catalog import datasets as d
from contracts.catalog import models as m
from contracts.catalog.package_jobs import PackageJobCompleted
from contracts.prediction import mapswipe
from kit.db.ids import IdAllocator
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.annotations.usecases import mark
from notify.notifications.domain import NotificationDraft, draft_notification
from notify.notifications.outcome_texts import done_of_wanted, left_out_text
from notify.notifications.package_texts import outcome_text, slug_of
from notify.notifications.usecases import notify_user
from notify.projections.queries import local_model_of
from notify.projections.statements import MODELS, apply
from notify.webhooks.domain import PACKAGE_JOB
from notify.webhooks.enqueue import enqueue_event

router = Router("notify")


@router.on(d.DatasetBuilt)
async def on_dataset_built(event: d.DatasetBuilt, tx: Tx, ids: IdAllocator) -> None:
    tiles, labels = (event.outcome.tiles, event.outcome.labels) if event.outcome else (None, None)
    chips = done_of_wanted(event.chip_count, tiles)
    missing = left_out_text(tiles, "tile was", "tiles were") + left_out_text(labels, "label was", "labels were")
    text = f"Dataset “{event.title}” is ready: {chips} chips, {event.feature_count} labels{missing}."
    text = " ".join([text, *(event.outcome.notes if event.outcome else [])])
    draft = draft_notification(event.user_id, "dataset", event.dataset_id, "completed", text)
    await notify_user(draft, tx, ids)


@router.on(d.DatasetBuildFailed)
async def on_dataset_build_failed(event: d.DatasetBuildFailed, tx: Tx, ids: IdAllocator) -> None:
    text = f"Dataset “{event.title}” could not be built."
    await notify_user(
        draft_notification(event.user_id, "dataset", event.dataset_id, "failed", text, event.reason), tx, ids
    )


@router.on(m.BaseModelRegistered)
async def on_base_model_registered(event: m.BaseModelRegistered, tx: Tx, ids: IdAllocator) -> None:
    text = f"Base model {event.name} is registered."
    draft = draft_notification(event.user_id, "base_model", event.model_id, "completed", text)
    await notify_user(draft, tx, ids)


@router.on(m.BaseModelRegistrationFailed)
async def on_base_model_registration_failed(event: m.BaseModelRegistrationFailed, tx: Tx, ids: IdAllocator) -> None:
    text = f"Base model {event.name} could not be registered."
    await notify_user(
        draft_notification(event.user_id, "base_model", event.model_id, "failed", text, event.reason), tx, ids
    )


@router.on(m.LocalModelPublished)
async def on_local_model_published(event: m.LocalModelPublished, tx: Tx, ids: IdAllocator) -> None:
    apply(MODELS, tx, id=event.model_id, status="active", stac_item_id=event.facts.stac_item_id)
    text = f"Model {event.name} is published in the catalogue."
    reader = None if event.visibility == "public" else event.user_id
    mark(tx, f"model:{event.model_id}:{event.training_id}", text, ["model", "published"], reader)
    draft = draft_notification(event.user_id, "local_model", event.model_id, "completed", text, model=event.model_id)
    await notify_user(draft, tx, ids)


@router.on(t.TrainingStatusChanged)
async def on_training_status_changed(event: t.TrainingStatusChanged, tx: Tx, ids: IdAllocator) -> None:
    if event.status == "running" and event.previous in ("initializing", "submitted", "provisioning"):
        text = f"Training {event.training_id} of {event.model_name} has started."
        _mark_training(event, "started", text, tx, ends=False)
        await notify_user(_of_training(event, "started", text), tx, ids)


@router.on(t.TrainingCompleted)
async def on_training_completed(event: t.TrainingCompleted, tx: Tx, ids: IdAllocator) -> None:
    text = f"Training {event.training_id} of {event.model_name} is completed."
    _mark_training(event, "completed", text, tx)
    await notify_user(_of_training(event, "completed", text), tx, ids)


@router.on(t.TrainingFailed)
async def on_training_failed(event: t.TrainingFailed, tx: Tx, ids: IdAllocator) -> None:
    text = f"Training {event.training_id} of {event.model_name} failed."
    _mark_training(event, "failed", text, tx)
    await notify_user(_of_training(event, "failed", text, event.reason), tx, ids)


@router.on(t.TrainingStopped)
async def on_training_stopped(event: t.TrainingStopped, tx: Tx, ids: IdAllocator) -> None:
    text = f"Training {event.training_id} of {event.model_name} was cancelled."
    _mark_training(event, "cancelled", text, tx)
    await notify_user(_of_training(event, "cancelled", text), tx, ids)


@router.on(p.PredictionStatusChanged)
async def on_prediction_status_changed(event: p.PredictionStatusChanged, tx: Tx, ids: IdAllocator) -> None:
    if event.status == "running" and event.previous in ("initializing", "submitted", "provisioning"):
        text = f"Prediction {event.prediction_id} has started."
        await notify_user(await _of_prediction(event, "started", text, tx), tx, ids)


@router.on(p.PredictionReady)
async def on_prediction_ready(event: p.PredictionReady, tx: Tx, ids: IdAllocator) -> None:
    text = f"Prediction {event.prediction_id} is ready: {_found(event)}."
    await notify_user(await _of_prediction(event, "completed", text, tx), tx, ids)


@router.on(p.PredictionFailed)
async def on_prediction_failed(event: p.PredictionFailed, tx: Tx, ids: IdAllocator) -> None:
    text = f"Prediction {event.prediction_id} failed."
    await notify_user(await _of_prediction(event, "failed", text, tx, event.reason), tx, ids)


@router.on(p.PredictionStopped)
async def on_prediction_stopped(event: p.PredictionStopped, tx: Tx, ids: IdAllocator) -> None:
    text = f"Prediction {event.prediction_id} was cancelled."
    await notify_user(await _of_prediction(event, "cancelled", text, tx), tx, ids)


@router.on(mapswipe.MapswipeProjectCreated)
async def on_mapswipe_project_created(event: mapswipe.MapswipeProjectCreated, tx: Tx, ids: IdAllocator) -> None:
    text = f"Prediction {event.prediction_id} is Mapswipe's project {event.project_id} now."
    await notify_user(
        draft_notification(event.user_id, "prediction", event.prediction_id, "mapswipe-created", text), tx, ids
    )


@router.on(mapswipe.MapswipeFailed)
async def on_mapswipe_failed(event: mapswipe.MapswipeFailed, tx: Tx, ids: IdAllocator) -> None:
    text = f"Prediction {event.prediction_id} could not be given to Mapswipe."
    await notify_user(
        draft_notification(event.user_id, "prediction", event.prediction_id, "mapswipe-failed", text, event.reason),
        tx,
        ids,
    )


@router.on(PackageJobCompleted)
async def on_package_job_completed(event: PackageJobCompleted, tx: Tx, ids: IdAllocator) -> None:
    """Webhooks hear of it in any case. A job that was submitted without a login has no user."""
    if not event.user_id:
        return
    if event.notify:
        text, uri = outcome_text(event), event.package_uri
        draft = draft_notification(event.user_id, "package_job", event.job_id, slug_of(event), text, uri)
        await notify_user(draft, tx, ids)
    await enqueue_event(tx, ids, event.user_id, PACKAGE_JOB, event.model_dump(mode="json"))


def _mark_training(event: t.TrainingLifeEvent, what: str, text: str, tx: Tx, ends: bool = True) -> None:
    """Its owner sees the mark: whether others may see the training is known to its owner service only."""
    mark(tx, f"training:{event.training_id}", text, ["training", what], event.user_id, ends)


def _of_training(event: t.TrainingLifeEvent, slug: str, text: str, reason: str = "") -> NotificationDraft:
    return draft_notification(event.user_id, "training", event.training_id, slug, text, reason, event.local_model)


async def _of_prediction(event: p.PredictionEvent, slug: str, text: str, tx: Tx, reason: str = "") -> NotificationDraft:
    model = await local_model_of(event.model_stac_id, tx)
    return draft_notification(event.user_id, "prediction", event.prediction_id, slug, text, reason, model)


def _found(event: p.PredictionReady) -> str:
    """How many features from how many tiles, and what was left out of either."""
    tiles, features = (event.outcome.tiles, event.outcome.features) if event.outcome else (None, None)
    looked_at = done_of_wanted(tiles.done, tiles) if tiles else str(event.tile_count)
    missing = left_out_text(tiles, "tile was", "tiles were") + left_out_text(features, "feature was", "features were")
    return f"{event.feature_count} features from {looked_at} tiles{missing}"
