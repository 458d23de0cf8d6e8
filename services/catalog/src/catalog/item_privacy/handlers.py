from catalog.item_privacy import usecases
from catalog.stac.ports import StacItems
from contracts.catalog.datasets import DatasetChanged
from contracts.catalog.models import LocalModelChanged
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.effect(DatasetChanged)
async def on_dataset_changed(event: DatasetChanged, read: ReadTx, api: StacItems) -> None:
    if api.root:
        await usecases.move_dataset(event.stac_id, api)


@router.effect(LocalModelChanged)
async def on_local_model_changed(event: LocalModelChanged, read: ReadTx, api: StacItems) -> None:
    if api.root and event.stac_item_id:
        await usecases.move_local_model(event.name, api)
