from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.datasets.sources import counts
from catalog.labelstore.datasets.tables import DatasetImageRow, LabelDatasetRow, LabelExportRow
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.objects.tables import ObjectRow
from catalog.labelstore.paging import read_page, utc
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_datasets as c
from contracts.catalog.label_shared import SignedUrl
from contracts.shared import Json
from kit.errors import Conflict, NotFound
from kit.messaging.tx import ReadTx

MAX_DIFFERENCES = 10_000
DATASET: Any = func.json_build_object(
    "dataset_id", LabelDatasetRow.id, "campaign_id", LabelDatasetRow.campaign_id,
    "title", LabelDatasetRow.title, "composed_of", LabelDatasetRow.composed_of, "version", LabelDatasetRow.version,
    "state", LabelDatasetRow.state, "uri", LabelDatasetRow.uri, "stac_item_id", LabelDatasetRow.stac_item_id,
    "manifest_sha256", LabelDatasetRow.manifest_sha256, "image_count", LabelDatasetRow.image_count,
    "negative_count", LabelDatasetRow.negative_count, "object_count", LabelDatasetRow.object_count,
    "excluded_count", LabelDatasetRow.excluded_count, "classes", LabelDatasetRow.classes,
    "split", LabelDatasetRow.split_counts, "created_at", utc(LabelDatasetRow.created_at),
    "error", LabelDatasetRow.error, type_=JSON,
)  # fmt: skip
EXPORT: Any = func.json_build_object(
    "export_id", LabelExportRow.id, "dataset_id", LabelExportRow.dataset_id, "format", LabelExportRow.format,
    "state", LabelExportRow.state, "size", LabelExportRow.size, "sha256", LabelExportRow.sha256,
    "created_at", utc(LabelExportRow.created_at), "error", LabelExportRow.error, type_=JSON,
)  # fmt: skip


async def present_dataset(dataset_id: int, session: AsyncSession) -> Json:
    return (await session.scalars(select(DATASET).where(LabelDatasetRow.id == dataset_id))).one()


async def present_export(export_id: int, session: AsyncSession) -> Json:
    return (await session.scalars(select(EXPORT).where(LabelExportRow.id == export_id))).one()


async def admin_dataset(dataset_id: int, read: ReadTx) -> LabelDatasetRow:
    """Raises Forbidden, then NotFound."""
    (await principal_of(read.actor, read.session)).require_admin()
    row = await read.session.get(LabelDatasetRow, dataset_id)
    if row is None:
        raise NotFound("not_found", f"There is no dataset {dataset_id}.")
    return row


async def get_label_dataset(dataset_id: int, read: ReadTx) -> Json:
    row = await admin_dataset(dataset_id, read)
    return await present_dataset(row.id, read.session)


async def list_label_datasets(query: c.ListLabelDatasets, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    rows = select(LabelDatasetRow)
    rows = rows if query.campaign_id is None else rows.where(LabelDatasetRow.campaign_id == query.campaign_id)
    if query.title is not None:
        rows = rows.where(func.lower(LabelDatasetRow.title) == query.title.lower())
    return await read_page(rows, LabelDatasetRow.id, select(DATASET), query.page, read)


async def get_label_dataset_file(query: c.GetLabelDatasetFile, read: ReadTx, files: LabelFiles) -> SignedUrl:
    row = await admin_dataset(query.dataset_id, read)
    if query.name not in c.DATASET_FILES or row.state != "done":
        raise NotFound("not_found", f"Dataset {row.id} has no file {query.name}.")
    return files.read_url(files.storage.key_of(row.uri) + query.name)


async def get_label_export(export_id: int, read: ReadTx) -> Json:
    row = await _export(export_id, read)
    return await present_export(row.id, read.session)


async def get_label_export_file(export_id: int, read: ReadTx, files: LabelFiles) -> SignedUrl:
    row = await _export(export_id, read)
    if row.state != "done":
        raise Conflict("conflict", f"Export {row.id} is {row.state}; there is a file when it is done.")
    dataset = await read.session.get_one(LabelDatasetRow, row.dataset_id)
    return files.read_url(export_key(files.storage.key_of(dataset.uri), row.format))


def export_key(prefix: str, format_name: str) -> str:
    """Returns the key of the ZIP of a format."""
    return f"{prefix}exports/{format_name}.zip"


async def _export(export_id: int, read: ReadTx) -> LabelExportRow:
    (await principal_of(read.actor, read.session)).require_admin()
    row = await read.session.get(LabelExportRow, export_id)
    if row is None:
        raise NotFound("not_found", f"There is no export {export_id}.")
    return row


async def diff_label_datasets(query: c.DiffLabelDatasets, read: ReadTx) -> Json:
    """Compares what two versions hold: images by id, objects by what they say, splits of images in both."""
    before, after = [await _held(await admin_dataset(one, read), read) for one in (query.dataset_id, query.other_id)]
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    both = sorted(before.keys() & after.keys())
    changed = [one for one in both if before[one][0] != after[one][0]]
    moved = [one for one in both if before[one][1] != after[one][1]]
    parts = {"added": added, "removed": removed, "changed": changed, "moved": moved}
    return {name: {"count": len(ids), "image_ids": ids[:MAX_DIFFERENCES]} for name, ids in parts.items()}


async def _held(row: LabelDatasetRow, read: ReadTx) -> dict[int, tuple[str | None, str | None]]:
    """Returns a digest of the objects of each image, and its split."""
    said = func.concat_ws(
        "|", ObjectRow.label, ObjectRow.x_min, ObjectRow.y_min, ObjectRow.x_max, ObjectRow.y_max, ObjectRow.geometry
    )
    digest = select(func.md5(func.string_agg(said, aggregate_order_by(literal(";"), said)))).where(
        ObjectRow.campaign_image_id == DatasetImageRow.campaign_image_id,
        ObjectRow.submission_id == DatasetImageRow.submission_id, *counts(row),
    )  # fmt: skip
    rows = select(
        CampaignImageRow.image_id, digest.correlate(DatasetImageRow).scalar_subquery(), DatasetImageRow.split
    ).join(CampaignImageRow, CampaignImageRow.id == DatasetImageRow.campaign_image_id)  # fmt: skip
    mine = rows.where(DatasetImageRow.dataset_id == row.id, DatasetImageRow.excluded.is_(None))
    return {image_id: (said, split) for image_id, said, split in (await read.session.execute(mine)).tuples().all()}
