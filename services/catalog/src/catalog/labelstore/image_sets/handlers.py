from collections.abc import Awaitable, Callable

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets import queries, usecases
from contracts.catalog import label_image_sets as c
from contracts.catalog.label_shared import LabelRows, SignedUrl
from contracts.shared import Json
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.effect(c.CreateImageSet)
async def create_image_set(
    command: c.CreateImageSet, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    return await usecases.create_image_set(command, read, files)


@router.on(c.ChangeImageSet)
async def change_image_set(command: c.ChangeImageSet, tx: Tx) -> str:
    return await usecases.change_image_set(command, tx)


@router.on(c.AddImagesToSet)
async def add_images_to_set(command: c.AddImagesToSet, tx: Tx) -> str:
    return await usecases.add_images_to_set(command, tx)


@router.effect(c.DeleteImageSetFile, http=204)
async def delete_image_set_file(
    command: c.DeleteImageSetFile, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[None]]:  # fmt: skip
    return await usecases.delete_image_set_file(command, read, files)


@router.on(c.RetryIngest, http=202)
async def retry_ingest(command: c.RetryIngest, tx: Tx) -> Json:
    return await usecases.retry_ingest(command, tx)


@router.on(c.GetImageSet)
async def get_image_set(query: c.GetImageSet, read: ReadTx) -> Json:
    return await queries.get_image_set(query.imageset_id, read)


@router.on(c.ListImageSets)
async def list_image_sets(query: c.ListImageSets, read: ReadTx) -> bytes:
    return await queries.list_image_sets(query, read)


@router.on(c.GetUploadGrant)
async def get_upload_grant(query: c.GetUploadGrant, read: ReadTx, files: LabelFiles) -> c.UploadGrant:
    return await queries.get_upload_grant(query.imageset_id, read, files)


@router.on(c.ListImageSetFiles)
async def list_image_set_files(query: c.ListImageSetFiles, read: ReadTx, files: LabelFiles) -> LabelRows:
    return await queries.list_image_set_files(query, read, files)


@router.on(c.GetImageSetFile)
async def get_image_set_file(query: c.GetImageSetFile, read: ReadTx, files: LabelFiles) -> SignedUrl:
    return await queries.get_image_set_file(query, read, files)


async def _give_up_ingest(job: c.IngestImageSetJob, context: JobContext) -> None:
    from catalog.labelstore.image_sets.jobs.ingest import give_up

    await give_up(job, context)


@router.job(c.IngestImageSetJob, on_give_up=_give_up_ingest)
async def run_ingest(job: c.IngestImageSetJob, context: JobContext, files: LabelFiles) -> None:
    from catalog.labelstore.image_sets.jobs.ingest import ingest

    await ingest(job, context, files)
