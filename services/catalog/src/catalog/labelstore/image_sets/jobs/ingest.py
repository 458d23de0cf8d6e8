"""The job that turns the uploads of a finished set into images. It may be killed at any moment and run again: the
images appear in one transaction, and copies of an earlier attempt are written again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.tables import ImageSetRow
from catalog.labelstore.images.domain import MAX_PATH, Inspected, key_problem
from catalog.labelstore.images.inspect import inspect
from catalog.labelstore.images.registering import add_images, file_columns, known_paths
from catalog.shared.job_claim import Claimed, JobClaim, claim, pause, run_claimed
from contracts.catalog.label_image_sets import ImageSetIngested, ImageSetIngestFailed, IngestImageSetJob
from contracts.shared import Outcome, Remark
from kit import failpoints
from kit.errors import NotFound, Unavailable
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

FILES_AT_ONCE = 8
PROGRESS_EVERY = 100
KNOWN = "It is an image already."
LONG = f"Its path is longer than {MAX_PATH} characters."


@dataclass(frozen=True)
class Arrived:
    """A file that was copied and read. `name` is relative to the folder of its set, `path` is that of the copy."""

    name: str
    path: str
    found: Inspected


def claimed(run: int) -> Claimed:
    return Claimed(ImageSetRow, "ingest_state", "ingest_updated_at", (ImageSetRow.ingest_run == run,))


async def ingest(job: IngestImageSetJob, context: JobContext, files: LabelFiles) -> None:
    held = await claim(job.imageset_id, claimed(job.run), context)
    if held is not None:
        await run_claimed(held, lambda: _attempts(held, files), partial(_failed, held))
    await clear_dropbox(job.imageset_id, context, files)


async def give_up(job: IngestImageSetJob, context: JobContext) -> None:
    """Handles a job whose workers all died."""
    held = await claim(job.imageset_id, claimed(job.run), context)
    if held is not None:
        await _failed(held, "The ingest was interrupted several times. Start it again.")


async def _attempts(held: JobClaim, files: LabelFiles) -> None:
    reason = ""
    for attempt in range(1, files.settings.ingest_attempts + 1):
        try:
            return await _ingest(held, files)
        except (Unavailable, NotFound) as error:
            reason = f"The object store did not give the files: {error}."
        if attempt < files.settings.ingest_attempts:
            await pause(attempt, files.settings.label_pause)
    await _failed(held, reason)


async def _ingest(held: JobClaim, files: LabelFiles) -> None:
    prefix = files.dropbox(held.row.title)
    names = sorted(key[len(prefix) :] for key in await files.storage.keys(prefix) if not key.endswith("/"))
    await held.context.write(lambda tx: held.write(tx, files_total=len(names)))
    failpoints.reach("ingest.listed")
    refused = [(problem, name) for name in names if (problem := key_problem(name))]
    wanted = [name for name in names if not key_problem(name)]
    arrived = await _copied(wanted, held, files)
    failpoints.reach("ingest.copied")
    await held.context.write(partial(_registered, held, arrived, refused, files))
    failpoints.reach("ingest.registered")


async def _copied(names: Sequence[str], held: JobClaim, files: LabelFiles) -> list[Arrived]:
    """Copies inside the store, then reads each copy once. At most `FILES_AT_ONCE` at a time."""
    source, target = files.dropbox(held.row.title), files.images(held.row.title)
    slots, read = asyncio.Semaphore(FILES_AT_ONCE), partial(inspect, exif=files.settings.ingest_exif)
    done = 0

    async def one(name: str) -> Arrived:
        nonlocal done
        async with slots:
            await files.storage.copy(files.storage.uri(source + name), target + name)
            found = await files.storage.read_through(target + name, read)
        done += 1
        if done % PROGRESS_EVERY == 0:
            await held.context.progress(100 * done / len(names), "reading files")
        return Arrived(name, files.path(target + name), found)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(name)) for name in names]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]


async def _registered(
    held: JobClaim, arrived: list[Arrived], refused: list[Remark], files: LabelFiles, tx: Tx
) -> None:  # fmt: skip
    known = await known_paths([one.path for one in arrived], tx)
    left_out = [*refused, *((reason, one.name) for one in arrived if (reason := _reason(one, known, files)))]
    kept = [one for one in arrived if not _reason(one, known, files)]
    await add_images([_columns(one, held.row.id) for one in kept], held.row.id, tx)
    unreadable = [one for one in kept if one.found.problem]
    outcome = Outcome.of(len(kept), left_out, [(one.found.problem or "", one.name) for one in unreadable])
    counts = {
        "files_total": len(arrived) + len(refused), "files_registered": len(kept),
        "files_unreadable": len(refused) + sum(one.found.problem is not None for one in arrived),
    }  # fmt: skip
    path = files.path(files.images(held.row.title)).rstrip("/")
    await held.write(
        tx, ingest_state="done", ingest_error=None, blobstorage_path=path, beat_at=None,
        ingest_outcome=outcome.model_dump(mode="json"), **counts,
    )  # fmt: skip
    tx.emit(ImageSetIngested(imageset_id=held.row.id, title=held.row.title, outcome=outcome, **counts))


def _reason(one: Arrived, known: set[str], files: LabelFiles) -> str | None:
    """Why a file becomes no image."""
    if one.path in known:
        return KNOWN
    if len(one.path) > MAX_PATH:
        return LONG
    return one.found.problem if files.settings.ingest_unreadable == "skip" else None


def _columns(one: Arrived, imageset_id: int) -> dict[str, Any]:
    return {**file_columns(one.found), "blobstorage_path": one.path, "imageset_id": imageset_id}


async def _failed(held: JobClaim, reason: str) -> None:
    async def written(tx: Tx) -> None:
        await held.write(tx, ingest_state="failed", ingest_error=reason, beat_at=None)
        tx.emit(ImageSetIngestFailed(imageset_id=held.row.id, title=held.row.title, error=reason))

    await held.context.write(written)


async def clear_dropbox(imageset_id: int, context: JobContext, files: LabelFiles) -> None:
    """Deletes what lies in the dropbox of an ingested set. A grant cannot be revoked: the sweep calls it again."""
    async with context.read() as read:
        row = await read.session.get(ImageSetRow, imageset_id)
    if row is not None and row.ingest_state == "done":
        await files.storage.remove(await files.storage.keys(files.dropbox(row.title)))
