"""The job that writes a version in the format of a trainer, as one ZIP."""

import asyncio
import hashlib
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text

from catalog.labelstore.datasets.formats.archive import INDEX, Archive, index_line
from catalog.labelstore.datasets.formats.coco import CocoWriter
from catalog.labelstore.datasets.formats.hashed_file import HashedFile
from catalog.labelstore.datasets.formats.tables import CsvWriter, GeoJsonWriter
from catalog.labelstore.datasets.formats.voc import VocWriter
from catalog.labelstore.datasets.formats.yolo import YoloWriter
from catalog.labelstore.datasets.queries import export_key
from catalog.labelstore.datasets.tables import LabelDatasetRow, LabelExportRow
from catalog.labelstore.datasets.version_rows import VersionImage, images_of
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.schema import SCHEMA
from catalog.shared.job_claim import Claimed, JobClaim, claim, pause, run_claimed
from contracts.catalog import label_datasets as c
from kit.errors import NotFound, Unavailable
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

CLAIMED = Claimed(LabelExportRow, "state", "updated_at")
COCO_BASE = 1
"""Id of the first category for trainers, most of which take 0 for the background."""
_HAS_OUTLINES = text(
    f"select exists (select from {SCHEMA}.dataset_images d join {SCHEMA}.objects o on o.campaign_image_id ="
    " d.campaign_image_id and o.submission_id = d.submission_id where d.dataset_id = :id and d.excluded is null"
    " and o.geometry->>'type' in ('polygon', 'mask', 'rotated_box'))"
)


async def write_export(job: c.WriteLabelExportJob, context: JobContext, files: LabelFiles) -> None:
    held = await claim(job.export_id, CLAIMED, context)
    if held is not None:
        await run_claimed(held, lambda: _attempts(held, files), partial(_failed, held))


async def give_up(job: c.WriteLabelExportJob, context: JobContext) -> None:
    """Handles a job whose workers all died."""
    held = await claim(job.export_id, CLAIMED, context)
    if held is not None:
        await _failed(held, "The export was interrupted several times. Ask for it again.")


async def _attempts(held: JobClaim, files: LabelFiles) -> None:
    reason = ""
    for attempt in range(1, files.settings.export_attempts + 1):
        try:
            return await _write(held, files)
        except (Unavailable, NotFound) as error:
            reason = f"The export did not get through: {error}."
        if attempt < files.settings.export_attempts:
            await pause(attempt, files.settings.label_pause)
    await _failed(held, reason)


async def _write(held: JobClaim, files: LabelFiles) -> None:
    async with held.context.read() as read:
        wanted = select(LabelDatasetRow).where(LabelDatasetRow.id == held.row.dataset_id)
        dataset = (await read.session.scalars(wanted)).one()
        outlines = bool(await read.session.scalar(_HAS_OUTLINES, {"id": dataset.id}))
    with TemporaryDirectory() as name:
        folder = Path(name)
        archive = Archive(folder / "export.zip")
        await _fill(archive, folder, dataset, outlines, held, files)
        await asyncio.to_thread(archive.close)
        await _store(held, dataset, folder / "export.zip", files)


async def _fill(
    archive: Archive, folder: Path, dataset: LabelDatasetRow, outlines: bool, held: JobClaim,
    files: LabelFiles,
) -> None:  # fmt: skip
    kind = held.row.format
    writer = make_writer(kind, archive, folder, dataset, outlines)
    index = HashedFile(folder / INDEX)
    async for image in images_of(dataset.id, held.context):
        await asyncio.to_thread(writer.add, image)
        name = writer.picture(image) if hasattr(writer, "picture") else None
        index.write(index_line(image, PurePosixPath(name).name if name else image.file_name))
        if name:
            await _add_picture(archive, name, image, dataset, files)
    index.__exit__()
    await asyncio.to_thread(archive.file, INDEX, index.path)
    written = writer.close()
    if written is not None:
        await asyncio.to_thread(archive.file, written.path.name, written.path)
    altered = dict(getattr(writer, "altered", {}))
    about = {
        "dataset": f"{dataset.title}-v{dataset.version}",
        "manifest_sha256": dataset.manifest_sha256,
        "format": kind,
    }
    archive.json("export.json", {**about, "classes": dataset.classes, "altered": altered})


def make_writer(kind: str, archive: Archive, folder: Path, dataset: LabelDatasetRow, outlines: bool) -> Any:
    if kind == "yolo":
        return YoloWriter(archive, dataset.classes, outlines)
    if kind == "voc":
        return VocWriter(archive)
    if kind == "csv":
        return CsvWriter(folder / "labels.csv")
    if kind == "geojson":
        return GeoJsonWriter(folder / "annotations.geojson")
    info = {"description": dataset.title, "version": str(dataset.version), "category_id_base": COCO_BASE}
    return CocoWriter(folder / "annotations.coco.json", info, dataset.classes, COCO_BASE, outlines=True)


async def _add_picture(
    archive: Archive, name: str, image: VersionImage, dataset: LabelDatasetRow, files: LabelFiles
) -> None:  # fmt: skip
    copied = files.storage.key_of(dataset.uri) + f"images/{image.file_name}"
    key = copied if files.settings.export_images == "copy" else files.key_of(image.source_path)
    await files.storage.read_through(key, partial(archive.stream, name))


async def _store(held: JobClaim, dataset: LabelDatasetRow, path: Path, files: LabelFiles) -> None:
    size, digest = await asyncio.to_thread(_measured, path)
    key = export_key(files.storage.key_of(dataset.uri), held.row.format)
    await files.storage.upload(str(path), key, "application/zip")

    async def written(tx: Tx) -> None:
        await held.write(tx, state="done", error=None, beat_at=None, size=size, sha256=digest)
        event = {"export_id": held.row.id, "dataset_id": dataset.id, "format": held.row.format, "size": size}
        tx.emit(c.LabelExportReady.model_validate({**event, "sha256": digest, "user_id": held.asked_by}))

    await held.context.write(written)


def _measured(path: Path) -> tuple[int, str]:
    with path.open("rb") as content:
        return path.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest()


async def _failed(held: JobClaim, reason: str) -> None:
    await held.context.write(lambda tx: held.write(tx, state="failed", error=reason, beat_at=None))
