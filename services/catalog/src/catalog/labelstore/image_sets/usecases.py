from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import func, select, update

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.domain import transition_problem
from catalog.labelstore.image_sets.queries import admin_set, dropbox_key, no_set, present_set
from catalog.labelstore.image_sets.tables import ImageSetRow
from catalog.labelstore.images.references import ids_of
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.names import name_problem
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_image_sets as c
from contracts.shared import Json
from kit.errors import Conflict, Unprocessable
from kit.messaging.tx import ReadTx, Tx

OK = "ok"


async def create_image_set(
    command: c.CreateImageSet, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    """Checks the object store before anything is stored."""
    (await principal_of(read.actor, read.session)).require_admin()
    if problem := name_problem(command.title):
        raise Unprocessable("invalid_name", problem)
    await _refuse_title(command.title, read)
    await read.close()
    await files.check()
    return partial(_created, command, files.path(files.dropbox(command.title)).rstrip("/"))


async def _created(command: c.CreateImageSet, path: str, tx: Tx) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    await _refuse_title(command.title, tx)
    row = ImageSetRow(
        title=command.title, details=command.metadata, blobstorage_path=path, created_by=caller.name
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(c.ImageSetCreated(imageset_id=row.id, title=row.title, created_by=row.created_by))
    return await present_set(row.id, tx.session)


async def _refuse_title(title: str, read: ReadTx | Tx) -> None:
    same = select(ImageSetRow.id).where(func.lower(ImageSetRow.title) == func.lower(title))
    if await read.session.scalar(same):
        raise Conflict("conflict", f'There is an image set with the title "{title}" already.')


async def change_image_set(command: c.ChangeImageSet, tx: Tx) -> str:
    row = await _locked(command.imageset_id, tx)
    if problem := transition_problem(row.status, command.new_status):
        raise Conflict("conflict", problem)
    row.status, row.date_finished = command.new_status, datetime.now(UTC)
    tx.emit(c.ImageSetFinishRequested(imageset_id=row.id, title=row.title))
    queue_ingest(row, tx)
    return OK


async def retry_ingest(command: c.RetryIngest, tx: Tx) -> Json:
    row = await _locked(command.imageset_id, tx)
    if row.ingest_state != "failed":
        raise Conflict("conflict", f"Only a failed ingest is run again; this one is {row.ingest_state}.")
    queue_ingest(row, tx)
    await tx.session.flush()
    return await present_set(row.id, tx.session)


def queue_ingest(row: ImageSetRow, tx: Tx) -> None:
    """Begins a new run, whose number makes writes of an older one fail."""
    row.ingest_run += 1
    row.ingest_state, row.ingest_error, row.ingest_updated_at = "queued", None, datetime.now(UTC)
    row.delivery, row.beat_at = 0, None
    tx.emit(c.IngestImageSetJob(imageset_id=row.id, run=row.ingest_run))


async def add_images_to_set(command: c.AddImagesToSet, tx: Tx) -> str:
    row = await _locked(command.imageset_id, tx)
    if row.status != "created":
        raise Conflict("conflict", f'Image set {row.id} is "{row.status}"; images can be added while it is "created".')
    ids = await ids_of(command.images, tx.session)
    held = select(ImageRow).where(ImageRow.id == func.any(ids), ImageRow.imageset_id.is_not(None)).limit(1)
    if taken := await tx.session.scalar(held):
        raise Conflict("conflict", f"Image {taken.id} ({taken.blobstorage_path}) is in an image set already.")
    await tx.session.execute(update(ImageRow).values(imageset_id=row.id).where(ImageRow.id == func.any(ids)))
    return OK


async def delete_image_set_file(
    command: c.DeleteImageSetFile, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[None]]:  # fmt: skip
    row = await admin_set(command.imageset_id, read)
    await read.close()
    if row.status != "created":
        raise Conflict("conflict", f'Image set {row.id} is "{row.status}": its files cannot be deleted any more.')
    await files.storage.remove([await dropbox_key(row.title, command.name, files)])
    return _nothing


async def _nothing(tx: Tx) -> None:
    """The store has done all there is to do."""


async def _locked(imageset_id: int, tx: Tx) -> ImageSetRow:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await tx.session.get(ImageSetRow, imageset_id, with_for_update=True)
    if row is None:
        raise no_set(imageset_id)
    return row
