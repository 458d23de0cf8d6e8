from catalog.curation import usecases
from catalog.curation.geocode import towns
from catalog.datasets.presenter import DatasetPresenter
from catalog.stac.ports import ExpandedItems, StacItems
from contracts.catalog import curation as c
from contracts.shared import Json
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.effect(c.PinDataset)
async def pin_dataset(
    command: c.PinDataset, read: ReadTx, api: StacItems, item_cache: ExpandedItems, presenter: DatasetPresenter
):
    return await usecases.pin_dataset(command, read, api, item_cache, presenter)


@router.effect(c.PinModel)
async def pin_model(command: c.PinModel, read: ReadTx, api: StacItems, item_cache: ExpandedItems, bus: Bus):
    return await usecases.pin_model(command, read, api, item_cache, bus)


@router.in_worker(c.FindTowns)
async def find_towns(query: c.FindTowns, read: ReadTx) -> list[c.Town]:
    return await towns(query.points)


@router.effect(c.DescribeModel)
async def describe_model(command: c.DescribeModel, read: ReadTx, api: StacItems, item_cache: ExpandedItems):
    return await usecases.describe_model(command, read, api, item_cache)


@router.effect(c.EditModelStac)
async def edit_model_stac(command: c.EditModelStac, read: ReadTx, api: StacItems, item_cache: ExpandedItems):
    return await usecases.edit_model_stac(command, read, api, item_cache)


@router.on(c.ListPinnedModels)
async def list_pinned_models(query: c.ListPinnedModels, read: ReadTx, item_cache: ExpandedItems) -> Json:
    return await usecases.pinned_models(query, read, item_cache)
