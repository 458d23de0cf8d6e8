"""Events of other services that several aggregates project."""

from collections.abc import Sequence

from catalog.datasets import model_usage
from catalog.models import local_model_projection as local_models
from catalog.projections.usecases import project_users
from contracts.gateway import UserChanged
from contracts.training import ModelCardWritten, ModelDeleted, TrainingDeleted, TrainingSubmitted
from kit.messaging.envelope import Received
from kit.messaging.router import Router
from kit.messaging.tx import Tx

router = Router("catalog")
router.on(ModelCardWritten)(local_models.on_model_card_written)
router.on(ModelDeleted)(local_models.on_model_deleted)


@router.batch(UserChanged)
async def on_users_changed(events: Sequence[Received[UserChanged]], tx: Tx) -> None:
    project_users(events, tx)


@router.on(TrainingSubmitted)
async def on_training_submitted(event: TrainingSubmitted, tx: Tx) -> None:
    model_usage.on_training_submitted(event, tx)
    await local_models.on_training_submitted(event, tx)


@router.on(TrainingDeleted)
async def on_training_deleted(event: TrainingDeleted, tx: Tx) -> None:
    await model_usage.on_training_deleted(event, tx)
    await local_models.on_training_deleted(event, tx)
