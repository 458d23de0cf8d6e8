from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2.shape import from_shape, to_shape
from sqlalchemy import func, select

from catalog.areas.domain import Area, BadPolygon, area_of
from catalog.areas.tables import AoiRow
from catalog.datasets.tables import DatasetRow
from catalog.labels.tables import LabelRow
from catalog.tables import KnownUser
from contracts.catalog.areas import (
    AoiChanged,
    AoiCreated,
    AoiDeleted,
    AoiFeature,
    AoiProperties,
    ChangeAoi,
    CreateAoi,
    DeleteAoi,
)
from contracts.shared import Actor, CompactUser
from kit.errors import Forbidden, Invalid, NotFound
from kit.geometry import InvalidGeometry
from kit.ids import Ids
from kit.messaging.tx import Tx


def checked(geometry: dict[str, Any]) -> Area:
    try:
        return area_of(geometry)
    except BadPolygon as problem:
        raise InvalidGeometry("geometry", geometry, str(problem)) from problem


async def create_aoi(command: CreateAoi, tx: Tx, ids: Ids) -> AoiFeature:
    """Without a dataset one statement writes everything."""
    area, now = checked(command.geometry), datetime.now(UTC)
    if command.dataset is not None:
        await _open_dataset(command.dataset, tx)
    aoi_id = await ids.next(AoiRow)
    tx.insert(
        AoiRow, id=aoi_id, geom=area.ewkt, area=area.square_metres, dataset_id=command.dataset,
        user_id=tx.actor.id, created_at=now, last_modified=now,
    )  # fmt: skip
    tx.emit(AoiCreated(aoi_id=aoi_id, user_id=tx.actor.id, dataset=command.dataset))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    properties = AoiProperties(
        id=aoi_id, dataset=command.dataset, area=area.square_metres, user=user, created_at=now, last_modified=now
    )
    return AoiFeature(geometry=area.geojson, bbox=area.bbox, properties=properties)


async def change_aoi(command: ChangeAoi, tx: Tx) -> AoiFeature:
    row = await owned(command.aoi_id, tx)
    if command.geometry is not None:
        area = checked(command.geometry)
        row.geom, row.area = from_shape(area.polygon, 4326), area.square_metres
    if command.dataset is not None or command.set_dataset:
        if command.dataset is not None:
            await _own_dataset(command.dataset, tx)
        row.dataset_id = command.dataset
    row.last_modified = datetime.now(UTC)
    tx.emit(AoiChanged(aoi_id=row.id, user_id=row.user_id, dataset=row.dataset_id))
    return await feature(row, tx)


async def delete_aoi(command: DeleteAoi, tx: Tx) -> None:
    row = await owned(command.aoi_id, tx)
    await tx.session.delete(row)
    tx.emit(AoiDeleted(aoi_id=row.id, user_id=row.user_id))


async def owned(aoi_id: int, tx: Tx) -> AoiRow:
    """The row, locked, of the caller or for a dataset of the caller. NotFound when he may not even see it, Forbidden
    when he may only see it."""
    row = await tx.session.get(AoiRow, aoi_id, with_for_update=True)
    if row is None:
        raise NotFound("aoi_not_found", "There is no such area of interest.")
    if tx.actor.owns(row.user_id):
        return row
    dataset = await tx.session.get(DatasetRow, row.dataset_id) if row.dataset_id else None
    if dataset is None or not _may_see(dataset, tx.actor):
        raise NotFound("aoi_not_found", "There is no such area of interest.")
    if tx.actor.owns(dataset.user_id):
        return row
    raise Forbidden("not_yours", "Only its owner may change this area of interest.")


async def _open_dataset(dataset_id: int, tx: Tx) -> None:
    """Everybody may draw for a public dataset until it is built; one that is not public looks absent."""
    row = await _seen_dataset(dataset_id, tx)
    if not tx.actor.owns(row.user_id) and row.status in ("building", "built"):
        raise Forbidden("not_yours", "Only its owner may add areas to a dataset that is built.")


async def _own_dataset(dataset_id: int, tx: Tx) -> None:
    """AOIs that are there are moved to one's own datasets only."""
    row = await _seen_dataset(dataset_id, tx)
    if not tx.actor.owns(row.user_id):
        raise Forbidden("not_yours", "Only its owner may move areas to this dataset.")


async def _seen_dataset(dataset_id: int, tx: Tx) -> DatasetRow:
    row = await tx.session.get(DatasetRow, dataset_id)
    if row is None or not _may_see(row, tx.actor):
        raise Invalid("unknown_dataset", "There is no such dataset.", dataset=["There is no such dataset."])
    return row


def _may_see(dataset: DatasetRow, actor: Actor) -> bool:
    return dataset.visibility == "public" or actor.owns(dataset.user_id)


async def feature(row: AoiRow, tx: Tx) -> AoiFeature:
    polygon = to_shape(row.geom)
    username = await tx.session.scalar(select(KnownUser.username).where(KnownUser.id == row.user_id))
    own = tx.actor.username if tx.actor.id == row.user_id else ""
    user = CompactUser(osm_id=row.user_id, username=username or own)
    count = await tx.session.scalar(select(func.count()).where(LabelRow.aoi_id == row.id))
    properties = AoiProperties(
        id=row.id, dataset=row.dataset_id, area=row.area, user=user, label_status=row.label_status,
        label_fetched=row.label_fetched, label_error=row.label_error, label_count=count or 0,
        created_at=row.created_at, last_modified=row.last_modified,
    )  # fmt: skip
    return AoiFeature(geometry=shapely.geometry.mapping(polygon), bbox=polygon.bounds, properties=properties)
