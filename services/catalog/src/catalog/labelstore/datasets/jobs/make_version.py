"""The job that makes a dataset version: pictures, label files, item, manifest; then the catalogue, the row, the event.
It may be killed at any moment and run again; a version without a manifest is not complete."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from catalog.labelstore.datasets import item as items
from catalog.labelstore.datasets.formats.coco import CocoWriter
from catalog.labelstore.datasets.formats.hashed_file import HashedFile
from catalog.labelstore.datasets.formats.tables import CsvWriter, GeoJsonWriter
from catalog.labelstore.datasets.jobs.copy_images import MissingObject, copy_images
from catalog.labelstore.datasets.jobs.plan import Plan, plan_version
from catalog.labelstore.datasets.jobs.publish import publish
from catalog.labelstore.datasets.jobs.write_files import Extent, ManifestImages, write_all
from catalog.labelstore.datasets.sources import VersionSource, source_of
from catalog.labelstore.datasets.tables import LabelDatasetRow
from catalog.labelstore.datasets.usecases import event_fields
from catalog.labelstore.files import LabelFiles
from catalog.shared.job_claim import Claimed, JobClaim, claim, pause, run_claimed
from catalog.stac.ports import StacItems
from contracts.catalog import label_datasets as c
from kit import failpoints
from kit.errors import NotFound, Unavailable, Unprocessable
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

CLAIMED = Claimed(LabelDatasetRow, "state", "updated_at")
COCO, CSV, GEOJSON, ITEM, MANIFEST = (
    "annotations.coco.json", "labels.csv", "annotations.geojson", "item.json", "manifest.json"
)  # fmt: skip
MEDIA = {COCO: "application/json", CSV: "text/csv", GEOJSON: "application/geo+json", MANIFEST: "application/json"}


class EmptyDataset(Exception):
    """There is no image to export."""


async def make_version(job: c.MakeLabelDatasetJob, context: JobContext, files: LabelFiles, stac: StacItems) -> None:
    held = await claim(job.dataset_id, CLAIMED, context)
    if held is not None:
        await run_claimed(held, lambda: _attempts(held, files, stac), partial(_failed, held))


async def give_up(job: c.MakeLabelDatasetJob, context: JobContext) -> None:
    """Handles a job whose workers all died."""
    held = await claim(job.dataset_id, CLAIMED, context)
    if held is not None:
        await _failed(held, "The export was interrupted several times. Start it again.")


async def _attempts(held: JobClaim, files: LabelFiles, stac: StacItems) -> None:
    reason = ""
    for attempt in range(1, files.settings.export_attempts + 1):
        try:
            return await _make(held, files, stac)
        except (EmptyDataset, MissingObject, Unprocessable) as error:
            return await _failed(held, str(error))
        except (Unavailable, NotFound) as error:
            reason = f"The export did not get through: {error}."
        if attempt < files.settings.export_attempts:
            await pause(attempt, files.settings.label_pause)
    await _failed(held, reason)


async def _make(held: JobClaim, files: LabelFiles, stac: StacItems) -> None:
    async with held.context.read() as read:
        source = await source_of(held.row, read.session)
    plan = await plan_version(held, source, files.settings)
    if not plan.image_count:
        raise EmptyDataset("empty_dataset: no image of the campaign is labelled and readable.")
    failpoints.reach("export.planned")
    digests = await copy_images(held, files)
    failpoints.reach("export.copied")
    with TemporaryDirectory() as folder:
        await _write(held, source, plan, digests, Path(folder), files, stac)


async def _write(
    held: JobClaim, source: VersionSource, plan: Plan, digests: dict[int, tuple[str, int]], folder: Path,
    files: LabelFiles, stac: StacItems,
) -> None:  # fmt: skip
    info = {"description": held.row.title, "version": str(held.row.version), "date_created": _now()}
    writers = {
        COCO: CocoWriter(folder / COCO, info, plan.classes), CSV: CsvWriter(folder / CSV),
        GEOJSON: GeoJsonWriter(folder / GEOJSON),
    }  # fmt: skip
    extent = Extent()
    images = ManifestImages(folder, digests, files.settings.export_images == "copy")
    await write_all(held.row.id, held.context, [*writers.values(), extent, images])
    extent.close()
    written = {name: writer.close() for name, writer in writers.items()}
    manifest = await asyncio.to_thread(images.write, folder / MANIFEST, _head(held, source, plan), written)
    item = items.dataset_item(_item_input(held, source, plan, written, manifest, extent, files))
    await _upload(held, item, {**written, MANIFEST: manifest}, files)
    failpoints.reach("export.uploaded")
    item = await publish(item, held.row.version, stac)
    await held.context.write(partial(_registered, held, plan, item, extent))
    failpoints.reach("export.registered")


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def _counts(plan: Plan) -> dict[str, int]:
    return {
        "images": plan.image_count, "negatives": plan.negative_count, "objects": plan.object_count,
        "excluded": len(plan.excluded),
    }  # fmt: skip


def _head(held: JobClaim, source: VersionSource, plan: Plan) -> dict[str, Any]:
    title, row = held.row.title, held.row
    classes = [
        {"id": number, "name": name, "count": plan.class_counts.get(name, 0)}
        for number, name in enumerate(plan.classes)
    ]
    return {
        "dataset_id": row.id, "name": title, "images_name": f"{title}_images", "labels_name": f"{title}_labels",
        "version": row.version, "campaign_id": row.campaign_id, "campaign_title": title, "created_at": row.created_at,
        "campaigns": [{"campaign_id": one.id, "title": one.title} for one in source.campaigns],
        "composed_of": row.composed_of,
        "classes": classes, "counts": _counts(plan), "split": row.split_rule,
        "excluded": [{"image_id": image_id, "reason": reason} for image_id, reason in plan.excluded],
    }  # fmt: skip


def _item_input(
    held: JobClaim, source: VersionSource, plan: Plan, written: dict[str, HashedFile], manifest: HashedFile,
    extent: Extent, files: LabelFiles,
) -> items.ItemInput:  # fmt: skip
    is_copy, settings = files.settings.export_images == "copy", files.settings
    chips = held.row.uri + "images/" if is_copy else files.storage.uri(f"{settings.label_images}/")
    return items.ItemInput(
        title=held.row.title, version=held.row.version, campaign_ids=[one.id for one in source.campaigns],
        created_by=source.created_by, metadata=source.details, prefix=held.row.uri, chips=chips,
        files={name: (file.size, file.sha256) for name, file in written.items()},
        manifest=(manifest.size, manifest.sha256), classes=plan.classes, class_counts=plan.class_counts,
        counts=_counts(plan), hull=extent.hull, georeferenced=extent.georeferenced,
        taken=(extent.first, extent.last) if extent.first and extent.last else None,
        finished=source.finished or held.row.created_at,
    )  # fmt: skip


async def _upload(held: JobClaim, item: dict[str, Any], written: dict[str, HashedFile], files: LabelFiles) -> None:
    """The manifest comes last: its presence means that the version is complete."""
    storage, prefix = files.storage, files.storage.key_of(held.row.uri)
    for name in (COCO, CSV, GEOJSON):
        await storage.upload(str(written[name].path), prefix + name, MEDIA[name])
    await storage.upload(str(written[CSV].path), f"label_sets/{held.row.title}_labels.csv", MEDIA[CSV])
    await storage.put(prefix + ITEM, orjson.dumps(item), "application/geo+json")
    await storage.upload(str(written[MANIFEST].path), prefix + MANIFEST, MEDIA[MANIFEST])


async def _registered(held: JobClaim, plan: Plan, item: dict[str, Any], extent: Extent, tx: Tx) -> None:
    row, digest = held.row, item["properties"]["labelstore:manifest_sha256"]
    await held.write(
        tx, state="done", error=None, beat_at=None, stac_item_id=item["id"], manifest_sha256=digest,
        image_count=plan.image_count, negative_count=plan.negative_count, object_count=plan.object_count,
        excluded_count=len(plan.excluded), classes=plan.classes, split_counts=plan.split_counts,
    )  # fmt: skip
    tx.emit(
        c.LabelDatasetRegistered(
            **event_fields(row), title=row.title, stac_item_id=item["id"], uri=row.uri,
            manifest_sha256=digest, classes=plan.classes, keywords=item["properties"]["keywords"],
            chips_uri=item["assets"]["chips"]["href"], labels_uri=item["assets"]["labels_geojson"]["href"],
            chip_count=plan.image_count, split=plan.split_counts,
            summary={**_counts(plan), "georeferenced": extent.georeferenced},
        )
    )  # fmt: skip


async def _failed(held: JobClaim, reason: str) -> None:
    async def written(tx: Tx) -> None:
        await held.write(tx, state="failed", error=reason, beat_at=None)
        tx.emit(c.LabelDatasetExportFailed(**event_fields(held.row), error=reason))

    await held.context.write(written)
