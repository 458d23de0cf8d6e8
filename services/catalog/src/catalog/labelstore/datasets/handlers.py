from catalog.labelstore.datasets import composing, lineage, queries, usecases
from catalog.labelstore.files import LabelFiles
from catalog.stac.ports import StacItems
from contracts.catalog import label_datasets as c
from contracts.catalog.label_campaigns import ChangeCampaign
from contracts.catalog.label_shared import SignedUrl
from contracts.shared import Json
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(ChangeCampaign)
async def change_campaign(command: ChangeCampaign, tx: Tx, files: LabelFiles) -> str:
    return await usecases.change_campaign(command, tx, files)


@router.on(c.ExportCampaign, http=202)
async def export_campaign(command: c.ExportCampaign, tx: Tx, files: LabelFiles) -> Json:
    return await usecases.export_campaign(command, tx, files)


@router.on(c.ComposeLabelDataset, http=202)
async def compose_label_dataset(command: c.ComposeLabelDataset, tx: Tx, files: LabelFiles) -> Json:
    return await composing.compose_dataset(command, tx, files)


@router.on(c.CreateLabelExport, http=202)
async def create_label_export(command: c.CreateLabelExport, tx: Tx) -> Json:
    return await usecases.create_label_export(command, tx)


@router.on(c.GetLabelDataset)
async def get_label_dataset(query: c.GetLabelDataset, read: ReadTx) -> Json:
    return await queries.get_label_dataset(query.dataset_id, read)


@router.on(c.FindLabelDataset)
async def find_label_dataset(query: c.FindLabelDataset, read: ReadTx, stac: StacItems) -> c.TrainableLabelDataset:
    return await lineage.find_dataset(query.stac_item_id, read, stac)


@router.on(c.ListTrainedModels)
async def list_models_of_label_dataset(query: c.ListTrainedModels, read: ReadTx, stac: StacItems) -> Json:
    return await lineage.list_trained_models(query.dataset_id, read, stac)


@router.on(c.ListLabelDatasets)
async def list_label_datasets(query: c.ListLabelDatasets, read: ReadTx) -> bytes:
    return await queries.list_label_datasets(query, read)


@router.on(c.GetLabelDatasetFile)
async def get_label_dataset_file(query: c.GetLabelDatasetFile, read: ReadTx, files: LabelFiles) -> SignedUrl:
    return await queries.get_label_dataset_file(query, read, files)


@router.on(c.DiffLabelDatasets)
async def diff_label_datasets(query: c.DiffLabelDatasets, read: ReadTx) -> Json:
    return await queries.diff_label_datasets(query, read)


@router.on(c.GetLabelExport)
async def get_label_export(query: c.GetLabelExport, read: ReadTx) -> Json:
    return await queries.get_label_export(query.export_id, read)


@router.on(c.GetLabelExportFile)
async def get_label_export_file(query: c.GetLabelExportFile, read: ReadTx, files: LabelFiles) -> SignedUrl:
    return await queries.get_label_export_file(query.export_id, read, files)


async def _give_up_version(job: c.MakeLabelDatasetJob, context: JobContext) -> None:
    from catalog.labelstore.datasets.jobs.make_version import give_up

    await give_up(job, context)


@router.job(c.MakeLabelDatasetJob, on_give_up=_give_up_version)
async def run_make_version(job: c.MakeLabelDatasetJob, context: JobContext, files: LabelFiles, stac: StacItems) -> None:
    from catalog.labelstore.datasets.jobs.make_version import make_version

    await make_version(job, context, files, stac)


async def _give_up_export(job: c.WriteLabelExportJob, context: JobContext) -> None:
    from catalog.labelstore.datasets.jobs.write_export import give_up

    await give_up(job, context)


@router.job(c.WriteLabelExportJob, on_give_up=_give_up_export)
async def run_write_export(job: c.WriteLabelExportJob, context: JobContext, files: LabelFiles) -> None:
    from catalog.labelstore.datasets.jobs.write_export import write_export

    await write_export(job, context, files)
