"""Writes many labels in one transaction with the new status of their AOI."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from catalog.aoi_labels.domain import Label
from catalog.aoi_labels.tables import LabelUploadPart
from catalog.areas.tables import AoiRow, LabelRow
from catalog.datasets.offset import move, reverse
from catalog.datasets.tables import DatasetRow
from catalog.shared.geometry import to_postgis
from contracts.catalog.labels import LabelsFailed, LabelsStored
from contracts.shared import Outcome
from kit.messaging.tx import Tx

ROWS_PER_INSERT = 500
Source = Literal["osm", "upload"]


async def lock_aoi(aoi_id: int, tx: Tx) -> AoiRow | None:
    """Locks the dataset, then the AOI: fetches of one dataset move labels between its AOIs, so they run one at a
    time. Returns the AOI; None when it does not exist."""
    dataset_id = await tx.session.scalar(select(AoiRow.dataset_id).where(AoiRow.id == aoi_id))
    if dataset_id is not None:
        await tx.session.get(DatasetRow, dataset_id, with_for_update={"key_share": True})
    return await tx.session.get(AoiRow, aoi_id, with_for_update=True, populate_existing=True)


async def reachable_area(aoi: AoiRow, tx: Tx) -> BaseGeometry:
    """Returns the area in which labels may lie, in EPSG:4326: the AOI, and for a dataset with an offset also the AOI
    moved to where the map has the objects that its imagery shows."""
    area = to_shape(aoi.geom)
    east, north = await tx.session.scalar(select(DatasetRow.offset).where(DatasetRow.id == aoi.dataset_id)) or (0, 0)
    return area.union(move(area, reverse((east, north)))) if east or north else area


async def replace(aoi: AoiRow, labels: Sequence[Label], tx: Tx) -> None:
    """Replaces all labels of the AOI. Labels of other AOIs of the dataset with the same OSM ids are deleted."""
    await tx.session.execute(delete(LabelRow).where(LabelRow.aoi_id == aoi.id))
    for part in _parts(labels):
        if aoi.dataset_id is not None:
            await tx.session.execute(_elsewhere(aoi, part))
    await add(aoi, labels, tx)


def _elsewhere(aoi: AoiRow, labels: Sequence[Label]):
    other_areas = select(AoiRow.id).where(AoiRow.dataset_id == aoi.dataset_id, AoiRow.id != aoi.id)
    kinds = {label.osm_type for label in labels}
    ids: dict[str | None, list[int]] = {
        kind: [one.osm_id for one in labels if one.osm_type == kind and one.osm_id is not None] for kind in kinds
    }
    same = [
        LabelRow.osm_id.in_(found) & or_(LabelRow.osm_type.is_(None), LabelRow.osm_type == kind)
        for kind, found in ids.items()
    ]
    return delete(LabelRow).where(LabelRow.aoi_id.in_(other_areas), or_(*same))


async def add(aoi: AoiRow, labels: Sequence[Label], tx: Tx) -> None:
    """A label of the same shape is updated with the new tags."""
    for part in _parts(labels):
        rows = [
            {
                "aoi_id": aoi.id, "geom": to_postgis(one.geometry), "osm_id": one.osm_id,
                "osm_type": one.osm_type, "tags": one.tags,
            }
            for one in part
        ]  # fmt: skip
        new = insert(LabelRow).values(rows)
        changes = {name: new.excluded[name] for name in ("osm_id", "osm_type", "tags")}
        await tx.session.execute(new.on_conflict_do_update(index_elements=["aoi_id", "geom_hash"], set_=changes))


def _parts(labels: Sequence[Label]) -> Iterator[Sequence[Label]]:
    return (labels[start : start + ROWS_PER_INSERT] for start in range(0, len(labels), ROWS_PER_INSERT))


def mark_done(aoi: AoiRow, source: Source, count: int, outcome: Outcome, tx: Tx) -> None:
    aoi.label_status, aoi.label_error, aoi.label_fetched = 1, "", datetime.now(UTC)
    aoi.label_since, aoi.label_outcome = None, outcome.model_dump(mode="json")
    fields = {"dataset": aoi.dataset_id, "source": source, "count": count, "outcome": outcome}
    tx.emit(LabelsStored(aoi_id=aoi.id, user_id=aoi.user_id, **fields))


async def mark_failed(aoi: AoiRow, source: Source, reason: str, tx: Tx, outcome: Outcome | None = None) -> None:
    """Keeps existing labels and deletes waiting parts of uploads."""
    await tx.session.execute(delete(LabelUploadPart).where(LabelUploadPart.aoi_id == aoi.id))
    aoi.label_status, aoi.label_error, aoi.label_since = -1, reason, None
    aoi.label_outcome = outcome and outcome.model_dump(mode="json")
    fields = {"dataset": aoi.dataset_id, "source": source, "reason": reason, "outcome": outcome}
    tx.emit(LabelsFailed(aoi_id=aoi.id, user_id=aoi.user_id, **fields))


async def count_waiting_parts(aoi_id: int, tx: Tx) -> int:
    """Returns the number of uploaded parts that are not added yet."""
    return await tx.session.scalar(select(func.count()).where(LabelUploadPart.aoi_id == aoi_id)) or 0
