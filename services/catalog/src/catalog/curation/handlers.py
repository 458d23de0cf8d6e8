from catalog.curation import usecases
from catalog.datasets.views import DatasetViews
from catalog.stac.api import StacApi
from catalog.stac.facets import Facets
from contracts.catalog import curation as c
from contracts.shared import Json
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.effect(c.PinDataset)
async def pin_dataset(command: c.PinDataset, read: ReadTx, api: StacApi, facets: Facets, views: DatasetViews):
    return await usecases.pin_dataset(command, read, api, facets, views)


@router.effect(c.PinModel)
async def pin_model(command: c.PinModel, read: ReadTx, api: StacApi, facets: Facets):
    return await usecases.pin_model(command, read, api, facets)


@router.effect(c.DescribeModel)
async def describe_model(command: c.DescribeModel, read: ReadTx, api: StacApi, facets: Facets):
    return await usecases.describe_model(command, read, api, facets)


@router.effect(c.EditModelStac)
async def edit_model_stac(command: c.EditModelStac, read: ReadTx, api: StacApi, facets: Facets):
    return await usecases.edit_model_stac(command, read, api, facets)


@router.on(c.ListPinnedModels)
async def list_pinned_models(query: c.ListPinnedModels, read: ReadTx, facets: Facets) -> Json:
    return await usecases.pinned_models(query, read, facets)
