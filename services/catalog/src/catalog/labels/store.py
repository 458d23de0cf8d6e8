"""Many labels at once, in one transaction with the AOI's new status."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from geoalchemy2.shape import from_shape
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from catalog.areas.tables import AoiRow
from catalog.datasets.tables import DatasetRow
from catalog.labels.domain import Label
from catalog.labels.tables import LabelRow, LabelUploadPart
from contracts.catalog.labels import LabelsFailed, LabelsStored
from kit.messaging.tx import Tx

AT_ONCE = 500
Source = Literal["osm", "upload"]


async def locked(aoi_id: int, tx: Tx) -> AoiRow | None:
    """The row with its dataset, the dataset first: fetches of its AOIs take each other's labels, one at a time."""
    dataset_id = await tx.session.scalar(select(AoiRow.dataset_id).where(AoiRow.id == aoi_id))
    if dataset_id is not None:
        await tx.session.get(DatasetRow, dataset_id, with_for_update={"key_share": True})
    return await tx.session.get(AoiRow, aoi_id, with_for_update=True, populate_existing=True)


async def replace(aoi: AoiRow, labels: Sequence[Label], tx: Tx) -> None:
    """These and no others; what is labelled elsewhere in the dataset under the same OSM id goes there."""
    await tx.session.execute(delete(LabelRow).where(LabelRow.aoi_id == aoi.id))
    for part in _parts(labels):
        if aoi.dataset_id is not None:
            await tx.session.execute(_elsewhere(aoi, part))
    await add(aoi, labels, tx)


def _elsewhere(aoi: AoiRow, labels: Sequence[Label]):
    neighbours = select(AoiRow.id).where(AoiRow.dataset_id == aoi.dataset_id, AoiRow.id != aoi.id)
    kinds = {label.osm_type for label in labels}
    ids: dict[str | None, list[int]] = {
        kind: [one.osm_id for one in labels if one.osm_type == kind and one.osm_id is not None] for kind in kinds
    }
    same = [
        LabelRow.osm_id.in_(found) & or_(LabelRow.osm_type.is_(None), LabelRow.osm_type == kind)
        for kind, found in ids.items()
    ]
    return delete(LabelRow).where(LabelRow.aoi_id.in_(neighbours), or_(*same))


async def add(aoi: AoiRow, labels: Sequence[Label], tx: Tx) -> None:
    """A label of the same shape gets the new tags."""
    for part in _parts(labels):
        rows = [
            {
                "aoi_id": aoi.id, "geom": from_shape(one.geometry, 4326), "osm_id": one.osm_id,
                "osm_type": one.osm_type, "tags": one.tags,
            }
            for one in part
        ]  # fmt: skip
        new = insert(LabelRow).values(rows)
        changes = {name: new.excluded[name] for name in ("osm_id", "osm_type", "tags")}
        await tx.session.execute(new.on_conflict_do_update(index_elements=["aoi_id", "geom_hash"], set_=changes))


def _parts(labels: Sequence[Label]) -> Iterator[Sequence[Label]]:
    return (labels[start : start + AT_ONCE] for start in range(0, len(labels), AT_ONCE))


def done(aoi: AoiRow, source: Source, count: int, tx: Tx) -> None:
    aoi.label_status, aoi.label_error, aoi.label_fetched = 1, "", datetime.now(UTC)
    aoi.label_since = None
    tx.emit(LabelsStored(aoi_id=aoi.id, user_id=aoi.user_id, dataset=aoi.dataset_id, source=source, count=count))


async def failed(aoi: AoiRow, source: Source, reason: str, tx: Tx) -> None:
    """The labels that were there stay; what was waiting to be added goes."""
    await tx.session.execute(delete(LabelUploadPart).where(LabelUploadPart.aoi_id == aoi.id))
    aoi.label_status, aoi.label_error, aoi.label_since = -1, reason, None
    tx.emit(LabelsFailed(aoi_id=aoi.id, user_id=aoi.user_id, dataset=aoi.dataset_id, source=source, reason=reason))


async def waiting(aoi_id: int, tx: Tx) -> int:
    """Parts of files that are still to be added."""
    return await tx.session.scalar(select(func.count()).where(LabelUploadPart.aoi_id == aoi_id)) or 0
