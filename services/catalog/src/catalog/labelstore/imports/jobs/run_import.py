"""The job that imports annotations: reads the file, matches its pictures, checks all of it, and stores it in batches.
It may be killed at any moment: what is stored is remembered with each batch, and a repeated job goes on after it."""

import asyncio
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports.formats.found import BadImport
from catalog.labelstore.imports.jobs import reading
from catalog.labelstore.imports.jobs.plan import Plan, make_plan
from catalog.labelstore.imports.jobs.store import store_batch
from catalog.labelstore.imports.spool import Spool
from catalog.labelstore.imports.tables import LabelImportRow
from catalog.labelstore.settings import LabelStoreSettings
from catalog.shared.job_claim import Claimed, JobClaim, claim, run_claimed
from contracts.catalog import label_imports as c
from kit import failpoints
from kit.errors import Conflict, Forbidden, NotFound, Unauthenticated
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

IMAGES_PER_BATCH = 200
INTERRUPTED = "The import was interrupted several times. Start it again: it goes on after what is stored."


def claimed(run: int) -> Claimed:
    return Claimed(LabelImportRow, "state", "updated_at", (LabelImportRow.run == run,))


async def run_import(
    job: c.RunLabelImportJob, context: JobContext, files: LabelFiles, settings: LabelStoreSettings
) -> None:
    held = await claim(job.import_id, claimed(job.run), context)
    if held is not None:
        await run_claimed(held, lambda: _import(held, files, settings), partial(_failed, held))
    await _clear(job.import_id, context, files)


async def give_up(job: c.RunLabelImportJob, context: JobContext) -> None:
    """Handles a job whose workers all died."""
    held = await claim(job.import_id, claimed(job.run), context)
    if held is not None:
        await _failed(held, INTERRUPTED)


async def _import(held: JobClaim, files: LabelFiles, settings: LabelStoreSettings) -> None:
    options = c.ImportOptions.model_validate(held.row.options)
    with TemporaryDirectory() as name:
        spool = Spool(Path(name))
        try:
            path = await _downloaded(held, Path(name), files)
            await asyncio.to_thread(reading.read, path, reading.name_of(held.row.uri), options, spool)
            failpoints.reach("import.read")
            plan = await make_plan(held, options, spool, path, settings)
            await _store(held, plan)
        except (BadImport, NotFound, Conflict, Forbidden, Unauthenticated) as problem:
            await _failed(held, str(problem))
        finally:
            spool.close()


async def _downloaded(held: JobClaim, folder: Path, files: LabelFiles) -> Path:
    path, key = folder / "import", files.storage.key_of(held.row.uri)
    about = await files.storage.head(key)
    if about is None:
        raise BadImport(f"There is no object {held.row.uri}.")
    if about["ContentLength"] > files.settings.upload_max_bytes:
        raise BadImport(f"The file is larger than {files.settings.upload_max_bytes:,} bytes.")
    await files.storage.download(key, str(path))
    return path


async def _store(held: JobClaim, plan: Plan) -> None:
    """Everything is checked, also what an earlier attempt has stored: the report is about the whole file."""
    await held.context.write(lambda tx: held.write(tx, images_total=len(plan.images)))
    for start in range(0, len(plan.images), IMAGES_PER_BATCH):
        batch = await asyncio.to_thread(plan.batch, start, start + IMAGES_PER_BATCH)
        end = start + len(batch)
        if not plan.options.dry_run and end > held.row.images_done:
            await held.context.write(partial(store_batch, held, plan, batch, end))
        else:
            await held.context.write(partial(_checked, held, end))
        await held.context.progress(100 * end / len(plan.images), "importing")
        failpoints.reach("import.batch")
    await held.context.write(partial(_done, held, plan))


async def _checked(held: JobClaim, end: int, tx: Tx) -> None:
    await held.write(tx, images_done=max(end, held.row.images_done))


async def _done(held: JobClaim, plan: Plan, tx: Tx) -> None:
    report = plan.report()
    await held.write(tx, state="done", error=None, beat_at=None, report=report.model_dump(mode="json"))
    tx.emit(_ended(held, "done", images=report.images, objects=report.objects))


def _ended(held: JobClaim, state: c.ImportState, **more: Any) -> c.LabelImportEnded:
    row, who = held.row, held.asked_by
    return c.LabelImportEnded(import_id=row.id, campaign_id=row.campaign_id, state=state, user_id=who, **more)


async def _failed(held: JobClaim, reason: str) -> None:
    async def written(tx: Tx) -> None:
        await held.write(tx, state="failed", error=reason, beat_at=None)
        tx.emit(_ended(held, "failed", error=reason))

    await held.context.write(written)


async def _clear(import_id: int, context: JobContext, files: LabelFiles) -> None:
    """Deletes an uploaded file that is not needed any more."""
    async with context.read() as read:
        row = await read.session.get(LabelImportRow, import_id)
    if row is not None and row.state in ("done", "cancelled"):
        await files.storage.remove(await files.storage.keys(files.imports(import_id)))
