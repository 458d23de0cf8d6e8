"""Facts of other services that several parts of the catalog keep."""

from catalog.datasets import usage
from catalog.models.trained import forget_model, forget_training, note_card, note_training
from catalog.tables import KnownUser
from contracts.gateway import UserChanged
from contracts.training import ModelCardWritten, ModelDeleted, TrainingDeleted, TrainingSubmitted
from kit.messaging.router import Router
from kit.messaging.tx import Tx

router = Router("catalog")
router.on(ModelCardWritten)(note_card)
router.on(ModelDeleted)(forget_model)


@router.on(UserChanged)
async def on_user_changed(event: UserChanged, tx: Tx) -> None:
    assert tx.cause
    as_of = tx.cause.sent_at
    tx.upsert(KnownUser, key=["id"], newer="as_of", id=event.user_id, username=event.username, as_of=as_of)


@router.on(TrainingSubmitted)
async def on_training_submitted(event: TrainingSubmitted, tx: Tx) -> None:
    usage.note(event, tx)
    await note_training(event, tx)


@router.on(TrainingDeleted)
async def on_training_deleted(event: TrainingDeleted, tx: Tx) -> None:
    await usage.forget(event, tx)
    await forget_training(event, tx)
