"""Copies the pictures of a version inside the object store."""

import asyncio
from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import select

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.datasets.tables import DatasetImageRow
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.images.tables import ImageRow
from catalog.shared.job_claim import JobClaim
from kit.errors import NotFound

COPIES_AT_ONCE = 8
PROGRESS_EVERY = 100


class MissingObject(Exception):
    """A picture that should go into the version is gone."""


async def copy_images(held: JobClaim, files: LabelFiles) -> dict[int, tuple[str, int]]:
    """Returns SHA-256 and size of each picture by the id of its image. Raises MissingObject: a version never shrinks
    silently."""
    async with held.context.read() as read:
        rows = (await read.session.execute(_pictures(held.row.id))).tuples().all()
    slots, prefix, done = asyncio.Semaphore(COPIES_AT_ONCE), files.storage.key_of(held.row.uri) + "images/", 0
    found: dict[int, tuple[str, int]] = {}

    async def one(image_id: int, path: str, name: str, digest: str | None, size: int | None) -> None:
        nonlocal done
        async with slots:
            found[image_id] = await _copied(files, path, prefix + name, digest, size)
        done += 1
        if done % PROGRESS_EVERY == 0:
            await held.context.progress(100 * done / len(rows), "copying pictures")

    try:
        async with asyncio.TaskGroup() as group:
            for image_id, path, name, digest, size in rows:
                group.create_task(one(image_id, path, name or "", digest, size))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return found


def _pictures(dataset_id: int):
    columns = select(
        ImageRow.id, ImageRow.blobstorage_path, DatasetImageRow.file_name, ImageRow.sha256, ImageRow.filesize
    ).join(CampaignImageRow, CampaignImageRow.image_id == ImageRow.id)  # fmt: skip
    mine = columns.join(DatasetImageRow, DatasetImageRow.campaign_image_id == CampaignImageRow.id)
    return mine.where(DatasetImageRow.dataset_id == dataset_id, DatasetImageRow.excluded.is_(None))


async def _copied(
    files: LabelFiles, path: str, target: str, digest: str | None, size: int | None
) -> tuple[str, int]:  # fmt: skip
    """A picture that was never read is read now, for its hash."""
    key = files.key_of(path)
    try:
        if files.settings.export_images == "copy":
            await files.storage.copy(files.storage.uri(key), target)
        elif await files.storage.head(key) is None:
            raise NotFound("object_not_found", key)
        return (digest, size) if digest and size is not None else await files.storage.read_through(key, _measured)
    except NotFound as error:
        raise MissingObject(f"missing_object: {key} is not in the object store any more.") from error


def _measured(pieces: Iterator[bytes]) -> tuple[str, int]:
    digest, size = sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size
