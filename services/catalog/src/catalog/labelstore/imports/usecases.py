from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports.queries import admin_import, present_import
from catalog.labelstore.imports.tables import LabelImportRow
from catalog.labelstore.objects.usecases import require_active
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_imports as c
from contracts.shared import Json
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.tx import ReadTx, Tx

STARTABLE = ("waiting", "failed")


async def create_label_import(command: c.CreateLabelImport, tx: Tx, files: LabelFiles) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    campaign = await lock_campaign(command.campaign_id, tx)
    require_active(campaign)
    _refuse_elsewhere(command.uri, files)
    options = command.options.model_dump(mode="json")
    row = LabelImportRow(campaign_id=campaign.id, options=options, uri=command.uri, created_by=caller.name)
    tx.session.add(row)
    await tx.session.flush()
    if row.uri is not None:
        queue_import(row, tx)
    await tx.session.flush()
    return await present_import(row.id, tx.session)


def _refuse_elsewhere(uri: str | None, files: LabelFiles) -> None:
    """Only what the label store itself keeps can be read: an address is no way to the objects of others."""
    settings = files.settings
    folders = (settings.label_images, settings.label_dropbox, settings.label_datasets, settings.label_imports)
    if uri is None or any(uri.startswith(files.storage.uri(f"{one}/")) and ".." not in uri for one in folders):
        return
    problem = f"uri is an object in one of the folders {', '.join(folders)} of {files.storage.uri('')}"
    raise Unprocessable("invalid_value", f"{problem}; leave it out to upload a file.")


async def start_label_import(
    command: c.StartLabelImport, read: ReadTx, files: LabelFiles
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    row = await admin_import(command.import_id, read)
    uri, prefix = row.uri, files.imports(row.id)
    await read.close()
    if uri is None:
        keys = await files.storage.keys(prefix)
        if len(keys) != 1:
            raise Conflict("conflict", f"Import {command.import_id} has {len(keys)} files; upload exactly one.")
        uri = files.storage.uri(keys[0])
    elif await files.storage.head(files.storage.key_of(uri)) is None:
        raise NotFound("not_found", f"There is no object {uri} any more.")
    return partial(_started, command.import_id, uri)


async def _started(import_id: int, uri: str, tx: Tx) -> Json:
    row = await admin_import(import_id, tx, lock=True)
    if row.state not in STARTABLE:
        raise Conflict("conflict", f"Import {row.id} is {row.state}; it starts when it is waiting or failed.")
    require_active(await lock_campaign(row.campaign_id, tx))
    row.uri, row.images_done = uri, 0
    queue_import(row, tx)
    await tx.session.flush()
    return await present_import(row.id, tx.session)


def queue_import(row: LabelImportRow, tx: Tx) -> None:
    """Begins a new run, whose number makes writes of an older one fail. It goes on after what is stored already."""
    row.run = (row.run or 0) + 1
    row.state, row.error, row.updated_at = "queued", None, datetime.now(UTC)
    row.delivery, row.beat_at = 0, None
    tx.emit(c.RunLabelImportJob(import_id=row.id, run=row.run))


async def cancel_label_import(command: c.CancelLabelImport, tx: Tx) -> Json:
    row = await admin_import(command.import_id, tx, lock=True)
    if row.state in ("done", "failed", "cancelled"):
        raise Conflict("conflict", f"Import {row.id} is {row.state} already.")
    row.state, row.updated_at, row.beat_at = "cancelled", datetime.now(UTC), None
    tx.emit(c.LabelImportEnded(import_id=row.id, campaign_id=row.campaign_id, state="cancelled"))
    await tx.session.flush()
    return await present_import(row.id, tx.session)
