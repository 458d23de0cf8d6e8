from catalog.datasets import queries, usecases
from catalog.datasets.build import usecases as builds
from catalog.datasets.build.context import BuildContext
from catalog.datasets.centroids import list_centroids
from catalog.datasets.cleanup import delete_artifacts
from catalog.datasets.imagery_limits import ImageryLimits
from catalog.datasets.presenter import DatasetPresenter
from catalog.datasets.quota import BuildQuota
from catalog.stac.ports import ExpandedItems, StacItems
from contracts.catalog import datasets as c
from contracts.shared import Json
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import LinkedStore

router = Router("catalog")


@router.on(c.BuildDataset, http=202)
async def build_dataset(
    command: c.BuildDataset, tx: Tx, rules: ImageryLimits, presenter: DatasetPresenter, quota: BuildQuota
) -> Json:
    return await presenter.present(await builds.build_dataset(command, tx, rules, quota), tx)


@router.on(c.BuildDraft, http=202)
async def build_draft(
    command: c.BuildDraft, tx: Tx, rules: ImageryLimits, presenter: DatasetPresenter, quota: BuildQuota
) -> Json:
    return await presenter.present(await builds.build_draft(command, tx, rules, quota), tx)


@router.on(c.CreateDataset, http=201)
async def create_dataset(command: c.CreateDataset, tx: Tx, rules: ImageryLimits, presenter: DatasetPresenter) -> Json:
    return await presenter.present(await usecases.create_dataset(command, tx, rules), tx)


@router.on(c.RebuildDataset, http=202)
async def rebuild_dataset(command: c.RebuildDataset, tx: Tx, presenter: DatasetPresenter, quota: BuildQuota) -> Json:
    return await presenter.present(await builds.rebuild_dataset(command, tx, quota), tx)


@router.on(c.CancelBuild)
async def cancel_build(command: c.CancelBuild, tx: Tx, presenter: DatasetPresenter) -> Json:
    return await presenter.present(await builds.cancel_build(command, tx), tx)


@router.on(c.ChangeDataset)
async def change_dataset(command: c.ChangeDataset, tx: Tx, rules: ImageryLimits, presenter: DatasetPresenter) -> Json:
    return await presenter.present(await usecases.change_dataset(command, tx, rules), tx)


@router.on(c.DeleteDataset, http=204)
async def delete_dataset(command: c.DeleteDataset, tx: Tx) -> None:
    await usecases.delete_dataset(command, tx)


@router.on(c.GetDataset)
async def get_dataset(
    query: c.GetDataset, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems
) -> bytes:
    return await queries.get_dataset(query, read, presenter, item_cache)


@router.on(c.ListDatasets)
async def list_datasets(
    query: c.ListDatasets, read: ReadTx, presenter: DatasetPresenter, item_cache: ExpandedItems
) -> bytes:
    return await queries.list_datasets(query, read, presenter, item_cache)


@router.on(c.ListDatasetCentroids)
async def list_dataset_centroids(query: c.ListDatasetCentroids, read: ReadTx) -> bytes:
    return await list_centroids(query, read)


@router.effect(c.DatasetDeleted)
async def on_dataset_deleted(event: c.DatasetDeleted, read: ReadTx, stac: StacItems, storage: LinkedStore) -> None:
    await delete_artifacts(event.stac_id, stac, storage)


async def give_up_build(job: c.DatasetBuildJob, context: JobContext) -> None:
    from catalog.datasets.build.job import give_up

    await give_up(job, context)


async def note_wait_of_build(job: c.DatasetBuildJob, context: JobContext, reason: str) -> None:
    from catalog.datasets.build.job import note_wait

    await note_wait(job, context, reason)


@router.job(c.DatasetBuildJob, on_give_up=give_up_build, on_wait=note_wait_of_build)
async def run_build(job: c.DatasetBuildJob, context: JobContext, tools: BuildContext) -> None:
    from catalog.datasets.build.job import build

    await build(job, context, tools)
