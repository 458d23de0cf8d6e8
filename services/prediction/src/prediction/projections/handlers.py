from contracts.catalog.models import BaseModelRegistered, LocalModelChanged, LocalModelPublished
from contracts.gateway import UserChanged
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from prediction.projections import usecases

router = Router("prediction")


@router.on(UserChanged)
async def on_user_changed(event: UserChanged, tx: Tx) -> None:
    usecases.project_user(event, tx, tx.caused_at)


@router.on(BaseModelRegistered)
async def on_base_model_registered(event: BaseModelRegistered, tx: Tx) -> None:
    usecases.project_model(event, tx, tx.caused_at)


@router.on(LocalModelPublished)
async def on_local_model_published(event: LocalModelPublished, tx: Tx) -> None:
    usecases.project_model(event, tx, tx.caused_at)


@router.on(LocalModelChanged)
async def on_local_model_changed(event: LocalModelChanged, tx: Tx) -> None:
    usecases.project_visibility(event, tx, tx.caused_at)
