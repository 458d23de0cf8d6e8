from collections.abc import Awaitable, Callable

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports import queries, usecases
from catalog.labelstore.settings import LabelStoreSettings
from contracts.catalog import label_imports as c
from contracts.catalog.label_image_sets import UploadGrant
from contracts.shared import Json
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.on(c.CreateLabelImport, http=202)
async def create_label_import(command: c.CreateLabelImport, tx: Tx, files: LabelFiles) -> Json:
    return await usecases.create_label_import(command, tx, files)


@router.effect(c.StartLabelImport, http=202)
async def start_label_import(
    command: c.StartLabelImport, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    return await usecases.start_label_import(command, read, files)


@router.on(c.CancelLabelImport)
async def cancel_label_import(command: c.CancelLabelImport, tx: Tx) -> Json:
    return await usecases.cancel_label_import(command, tx)


@router.on(c.GetLabelImport)
async def get_label_import(query: c.GetLabelImport, read: ReadTx) -> Json:
    return await queries.get_label_import(query.import_id, read)


@router.on(c.GetLabelImportUpload)
async def get_label_import_upload(query: c.GetLabelImportUpload, read: ReadTx, files: LabelFiles) -> UploadGrant:
    return await queries.get_label_import_upload(query.import_id, read, files)


@router.on(c.ListLabelImports)
async def list_label_imports(query: c.ListLabelImports, read: ReadTx) -> bytes:
    return await queries.list_label_imports(query, read)


async def _give_up(job: c.RunLabelImportJob, context: JobContext) -> None:
    from catalog.labelstore.imports.jobs.run_import import give_up

    await give_up(job, context)


@router.job(c.RunLabelImportJob, on_give_up=_give_up)
async def run_label_import(
    job: c.RunLabelImportJob, context: JobContext, files: LabelFiles, settings: LabelStoreSettings
) -> None:
    from catalog.labelstore.imports.jobs.run_import import run_import

    await run_import(job, context, files, settings)
