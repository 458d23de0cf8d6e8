from catalog.datasets import queries, requests, usecases
from catalog.datasets.centroids import list_centroids
from catalog.datasets.cleanup import removed
from catalog.datasets.rules import TileRules
from catalog.datasets.tools import BuildTools
from catalog.datasets.views import DatasetViews
from catalog.stac.api import StacApi
from catalog.stac.facets import Facets
from contracts.catalog import datasets as c
from contracts.shared import Json, Rows
from kit.jobs import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage import Storage

router = Router("catalog")


@router.on(c.BuildDataset, http=202)
async def build_dataset(command: c.BuildDataset, tx: Tx, rules: TileRules, views: DatasetViews) -> c.Dataset:
    return await views.one(await requests.build_dataset(command, tx, rules), tx)


@router.on(c.BuildDraft, http=202)
async def build_draft(command: c.BuildDraft, tx: Tx, rules: TileRules, views: DatasetViews) -> c.Dataset:
    return await views.one(await requests.build_draft(command, tx, rules), tx)


@router.on(c.CreateDataset, http=201)
async def create_dataset(command: c.CreateDataset, tx: Tx, rules: TileRules, views: DatasetViews) -> c.Dataset:
    return await views.one(await usecases.create_dataset(command, tx, rules), tx)


@router.on(c.RebuildDataset, http=202)
async def rebuild_dataset(command: c.RebuildDataset, tx: Tx, views: DatasetViews) -> c.Dataset:
    return await views.one(await requests.rebuild_dataset(command, tx), tx)


@router.on(c.ChangeDataset)
async def change_dataset(command: c.ChangeDataset, tx: Tx, rules: TileRules, views: DatasetViews) -> c.Dataset:
    return await views.one(await usecases.change_dataset(command, tx, rules), tx)


@router.on(c.DeleteDataset, http=204)
async def delete_dataset(command: c.DeleteDataset, tx: Tx) -> None:
    await usecases.delete_dataset(command, tx)


@router.on(c.GetDataset)
async def get_dataset(query: c.GetDataset, read: ReadTx, views: DatasetViews, facets: Facets) -> Json:
    return await queries.get_dataset(query, read, views, facets)


@router.on(c.ListDatasets)
async def list_datasets(query: c.ListDatasets, read: ReadTx, views: DatasetViews, facets: Facets) -> Rows:
    return await queries.list_datasets(query, read, views, facets)


@router.on(c.ListDatasetCentroids)
async def list_dataset_centroids(query: c.ListDatasetCentroids, read: ReadTx) -> bytes:
    return await list_centroids(query, read)


@router.effect(c.DatasetDeleted)
async def on_dataset_deleted(event: c.DatasetDeleted, read: ReadTx, stac: StacApi, storage: Storage) -> None:
    await removed(event.stac_id, stac, storage)


async def give_up_build(job: c.DatasetBuildJob, context: JobContext) -> None:
    from catalog.datasets.build import abandoned

    await abandoned(job, context)


@router.job(c.DatasetBuildJob, abandoned=give_up_build)
async def run_build(job: c.DatasetBuildJob, context: JobContext, tools: BuildTools) -> None:
    from catalog.datasets.build import build

    await build(job, context, tools)
