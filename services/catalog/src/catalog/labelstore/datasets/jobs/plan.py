"""Decides what a version holds, and writes it down before anything else: a repeated job makes the same version."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import delete, func, insert, select

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.datasets.domain import SplitItem, category_ids, split
from catalog.labelstore.datasets.duplicates import clusters
from catalog.labelstore.datasets.sources import VersionSource, counts
from catalog.labelstore.datasets.tables import DatasetImageRow, LabelDatasetRow
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects.tables import ObjectRow
from catalog.labelstore.settings import LabelStoreSettings
from catalog.shared.job_claim import JobClaim
from kit.messaging.tx import ReadTx, Tx

UNLABELED, UNREADABLE, NOT_ACCEPTED = "unlabeled", "unreadable", "not_accepted"
IN_A_LATER_PART = "in_a_later_part"
ROWS_PER_INSERT = 1000
AS_GIVEN = {"train": 1, "val": 0, "test": 0, "group_by": "image", "seed": ""}
"""Rule of a split that follows what an import said."""


@dataclass(frozen=True)
class Plan:
    """`excluded` are (image id, reason), in the order of the campaign."""

    image_count: int
    negative_count: int
    object_count: int
    classes: list[str]
    class_counts: dict[str, int]
    excluded: list[tuple[int, str]]
    split_counts: dict[str, int] | None


async def plan_version(held: JobClaim, source: VersionSource, settings: LabelStoreSettings) -> Plan:
    """Reads the campaigns as they are now, and stores which revision of which image is in the version."""
    async with held.context.read() as read:
        rows = (await read.session.execute(_candidates(source))).all()
        before = await _sides_before(held.row, read)
    reasons = {row.id: _reason(row, source, settings) for row in rows}
    reasons.update(dict.fromkeys(_repeated(rows, reasons, source), IN_A_LATER_PART))
    kept = [row for row in rows if reasons[row.id] is None]
    sides = await asyncio.to_thread(_sides, held.row.split_rule, kept, before)
    return await held.context.write(lambda tx: _planned(held, rows, reasons, sides, settings, tx))


async def _planned(
    held: JobClaim, rows: Sequence[Any], reasons: dict[int, str | None], sides: dict[int, str],
    settings: LabelStoreSettings, tx: Tx,
) -> Plan:  # fmt: skip
    await held.write(tx)
    await tx.session.execute(delete(DatasetImageRow).where(DatasetImageRow.dataset_id == held.row.id))
    values = [_row(held.row.id, row, reasons[row.id], sides, settings) for row in rows]
    for start in range(0, len(values), ROWS_PER_INSERT):
        await tx.session.execute(insert(DatasetImageRow), values[start : start + ROWS_PER_INSERT])
    counts, objects_by_label = await _counted(held.row, tx)
    kept = sum(reason is None for reason in reasons.values())
    return Plan(
        image_count=kept, negative_count=kept - counts, object_count=sum(objects_by_label.values()),
        classes=category_ids(objects_by_label, await _classes_before(held.row, tx)), class_counts=objects_by_label,
        excluded=[(row.image_id, reason) for row in rows if (reason := reasons[row.id])],
        split_counts=dict(Counter(sides.values())) if sides else None,
    )  # fmt: skip


def _repeated(rows: Sequence[Any], reasons: dict[int, str | None], source: VersionSource) -> set[int]:
    """Returns the rows of images that are in a later campaign of the version as well."""
    last: dict[int, Any] = {}
    good = [row for row in rows if reasons[row.id] is None]
    for row in sorted(good, key=lambda row: source.rank[row.campaign_id]):
        last[row.image_id] = row
    return {row.id for row in good if last[row.image_id] is not row}


def _candidates(source: VersionSource) -> Any:
    columns = (
        CampaignImageRow.id, CampaignImageRow.campaign_id, CampaignImageRow.image_id, CampaignImageRow.labeled,
        CampaignImageRow.submission_id, CampaignImageRow.review, CampaignImageRow.given_split, ImageRow.width,
        ImageRow.height, ImageRow.imageset_id,
        ImageRow.sha256, ImageRow.dhash, ImageRow.blobstorage_path, ImageRow.details["flight"].astext.label("flight"),
    )  # fmt: skip
    rows = select(*columns).join(ImageRow, ImageRow.id == CampaignImageRow.image_id)
    return rows.where(source.is_chosen).order_by(CampaignImageRow.id)


def _reason(row: Any, source: VersionSource, settings: LabelStoreSettings) -> str | None:
    """Why an image of a campaign is in no label file."""
    if not row.labeled and settings.export_unlabeled == "exclude":
        return UNLABELED
    if row.campaign_id in source.reviewed and row.labeled and row.review != "accepted":
        return NOT_ACCEPTED
    return UNREADABLE if row.width is None or row.height is None else None


def _row(dataset_id: int, row: Any, reason: str | None, sides: dict[int, str], settings: LabelStoreSettings) -> Any:
    suffix = PurePosixPath(row.blobstorage_path).suffix.lower() or ".jpg"
    key = row.blobstorage_path.removeprefix("/").partition("/")[2]
    name = f"{row.image_id:08d}{suffix}" if settings.export_images == "copy" else key
    return {
        "dataset_id": dataset_id, "campaign_image_id": row.id,
        "submission_id": row.submission_id if row.labeled else None, "file_name": None if reason else name,
        "split": sides.get(row.image_id), "excluded": reason,
    }  # fmt: skip


def _sides(rule: dict[str, Any] | None, kept: Sequence[Any], before: dict[int, str]) -> dict[int, str]:
    """Takes seconds for ten thousands of images: it runs in a thread and outside of any transaction. Without a rule,
    sides that an import said count; images of which it said none are in `train`."""
    given = {row.image_id: row.given_split for row in kept if row.given_split}
    if not rule and not given:
        return {}
    rule, before = rule or AS_GIVEN, {**given, **before}
    found = clusters([row.dhash for row in kept], [row.sha256 for row in kept])
    items = [
        SplitItem(row.image_id, _group(row, rule["group_by"]), cluster, before.get(row.image_id))
        for row, cluster in zip(kept, found, strict=True)
    ]
    return split(items, rule, rule["seed"])


def _group(row: Any, group_by: str) -> str:
    if group_by == "flight" and row.flight:
        return f"flight {row.flight}"
    if group_by != "image" and row.imageset_id is not None:
        return f"imageset {row.imageset_id}"
    return f"image {row.image_id}"


async def _sides_before(dataset: LabelDatasetRow, read: ReadTx) -> dict[int, str]:
    """Returns the sides of the newest earlier version that was split by the same rule."""
    earlier = (
        select(LabelDatasetRow.id)
        .where(func.lower(LabelDatasetRow.title) == dataset.title.lower(), LabelDatasetRow.version < dataset.version)
        .where(LabelDatasetRow.state == "done", LabelDatasetRow.split_rule == dataset.split_rule)
        .order_by(LabelDatasetRow.version.desc())
        .limit(1)
    )
    rows = select(CampaignImageRow.image_id, DatasetImageRow.split).join(
        CampaignImageRow, CampaignImageRow.id == DatasetImageRow.campaign_image_id
    )
    mine = rows.where(DatasetImageRow.dataset_id == earlier.scalar_subquery(), DatasetImageRow.split.is_not(None))
    return {image_id: side for image_id, side in (await read.session.execute(mine)).tuples().all() if side}


async def _counted(dataset: LabelDatasetRow, tx: Tx) -> tuple[int, dict[str, int]]:
    """Returns the number of images with objects, and the number of objects by label."""
    said = (ObjectRow.campaign_image_id == DatasetImageRow.campaign_image_id) & (
        ObjectRow.submission_id == DatasetImageRow.submission_id
    )
    mine = (DatasetImageRow.dataset_id == dataset.id, DatasetImageRow.excluded.is_(None), *counts(dataset))
    images = select(func.count(ObjectRow.campaign_image_id.distinct())).select_from(DatasetImageRow)
    labels = select(ObjectRow.label, func.count()).select_from(DatasetImageRow)
    with_objects = await tx.session.scalar(images.join(ObjectRow, said).where(*mine)) or 0
    by_label = labels.join(ObjectRow, said).where(*mine).group_by(ObjectRow.label).order_by(ObjectRow.label)
    return with_objects, dict((await tx.session.execute(by_label)).tuples().all())


async def _classes_before(dataset: LabelDatasetRow, tx: Tx) -> list[str]:
    newest = select(LabelDatasetRow.classes).where(
        func.lower(LabelDatasetRow.title) == dataset.title.lower(), LabelDatasetRow.version < dataset.version,
        LabelDatasetRow.state == "done",
    )  # fmt: skip
    return await tx.session.scalar(newest.order_by(LabelDatasetRow.version.desc()).limit(1)) or []
