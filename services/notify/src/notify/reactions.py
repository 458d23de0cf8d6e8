"""Facts of the other services turned into sentences for people."""

from contracts import prediction as p
from contracts import training as t
from contracts.catalog import datasets as d
from contracts.catalog import models as m
from contracts.prediction import mapswipe
from kit.ids import Ids
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.domain import Notice, notice
from notify.kpi.projection import MODELS, heard
from notify.kpi.queries import local_model_of
from notify.usecases import tell

router = Router("notify")


@router.on(d.DatasetBuilt)
async def on_dataset_built(event: d.DatasetBuilt, tx: Tx, ids: Ids) -> None:
    text = f"Dataset “{event.title}” is ready: {event.chip_count} chips, {event.feature_count} labels."
    await tell(notice(event.user_id, "dataset", event.dataset_id, "completed", text), tx, ids)


@router.on(d.DatasetBuildFailed)
async def on_dataset_build_failed(event: d.DatasetBuildFailed, tx: Tx, ids: Ids) -> None:
    text = f"Dataset “{event.title}” could not be built."
    await tell(notice(event.user_id, "dataset", event.dataset_id, "failed", text, event.reason), tx, ids)


@router.on(m.BaseModelRegistered)
async def on_base_model_registered(event: m.BaseModelRegistered, tx: Tx, ids: Ids) -> None:
    text = f"Base model {event.name} is registered."
    await tell(notice(event.user_id, "base_model", event.model_id, "completed", text), tx, ids)


@router.on(m.BaseModelRegistrationFailed)
async def on_base_model_registration_failed(event: m.BaseModelRegistrationFailed, tx: Tx, ids: Ids) -> None:
    text = f"Base model {event.name} could not be registered."
    await tell(notice(event.user_id, "base_model", event.model_id, "failed", text, event.reason), tx, ids)


@router.on(m.LocalModelPublished)
async def on_local_model_published(event: m.LocalModelPublished, tx: Tx, ids: Ids) -> None:
    heard(MODELS, tx, id=event.model_id, status="active", stac_item_id=event.facts.stac_item_id)
    text = f"Model {event.name} is published in the catalogue."
    about = notice(event.user_id, "local_model", event.model_id, "completed", text, model=event.model_id)
    await tell(about, tx, ids)


@router.on(t.TrainingStatusChanged)
async def on_training_status_changed(event: t.TrainingStatusChanged, tx: Tx, ids: Ids) -> None:
    if event.status == "running" and event.previous in ("initializing", "submitted", "provisioning"):
        text = f"Training {event.training_id} of {event.model_name} has started."
        await tell(_of_training(event, "started", text), tx, ids)


@router.on(t.TrainingCompleted)
async def on_training_completed(event: t.TrainingCompleted, tx: Tx, ids: Ids) -> None:
    text = f"Training {event.training_id} of {event.model_name} is completed."
    await tell(_of_training(event, "completed", text), tx, ids)


@router.on(t.TrainingFailed)
async def on_training_failed(event: t.TrainingFailed, tx: Tx, ids: Ids) -> None:
    text = f"Training {event.training_id} of {event.model_name} failed."
    await tell(_of_training(event, "failed", text, event.reason), tx, ids)


@router.on(t.TrainingStopped)
async def on_training_stopped(event: t.TrainingStopped, tx: Tx, ids: Ids) -> None:
    text = f"Training {event.training_id} of {event.model_name} was cancelled."
    await tell(_of_training(event, "cancelled", text), tx, ids)


@router.on(p.PredictionStatusChanged)
async def on_prediction_status_changed(event: p.PredictionStatusChanged, tx: Tx, ids: Ids) -> None:
    if event.status == "running" and event.previous in ("initializing", "submitted", "provisioning"):
        text = f"Prediction {event.prediction_id} has started."
        await tell(await _of_prediction(event, "started", text, tx), tx, ids)


@router.on(p.PredictionReady)
async def on_prediction_ready(event: p.PredictionReady, tx: Tx, ids: Ids) -> None:
    text = f"Prediction {event.prediction_id} is ready: {event.feature_count} features from {event.tile_count} tiles."
    await tell(await _of_prediction(event, "completed", text, tx), tx, ids)


@router.on(p.PredictionFailed)
async def on_prediction_failed(event: p.PredictionFailed, tx: Tx, ids: Ids) -> None:
    text = f"Prediction {event.prediction_id} failed."
    await tell(await _of_prediction(event, "failed", text, tx, event.reason), tx, ids)


@router.on(p.PredictionStopped)
async def on_prediction_stopped(event: p.PredictionStopped, tx: Tx, ids: Ids) -> None:
    text = f"Prediction {event.prediction_id} was cancelled."
    await tell(await _of_prediction(event, "cancelled", text, tx), tx, ids)


@router.on(mapswipe.MapswipeProjectCreated)
async def on_mapswipe_project_created(event: mapswipe.MapswipeProjectCreated, tx: Tx, ids: Ids) -> None:
    text = f"Prediction {event.prediction_id} is Mapswipe's project {event.project_id} now."
    await tell(notice(event.user_id, "prediction", event.prediction_id, "mapswipe-created", text), tx, ids)


@router.on(mapswipe.MapswipeFailed)
async def on_mapswipe_failed(event: mapswipe.MapswipeFailed, tx: Tx, ids: Ids) -> None:
    text = f"Prediction {event.prediction_id} could not be given to Mapswipe."
    await tell(notice(event.user_id, "prediction", event.prediction_id, "mapswipe-failed", text, event.reason), tx, ids)


def _of_training(event: t.TrainingLifeEvent, slug: str, text: str, reason: str = "") -> Notice:
    return notice(event.user_id, "training", event.training_id, slug, text, reason, event.local_model)


async def _of_prediction(event: p.PredictionEvent, slug: str, text: str, tx: Tx, reason: str = "") -> Notice:
    model = await local_model_of(event.model_stac_id, tx)
    return notice(event.user_id, "prediction", event.prediction_id, slug, text, reason, model)
