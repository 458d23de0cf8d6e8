from datetime import UTC, datetime
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import Row, func, select

from catalog.areas.domain import Area, area_of
from catalog.areas.tables import AoiRow, LabelRow, datasets
from catalog.areas.visibility import reachable_by
from catalog.shared.geometry import to_postgis
from catalog.shared.tables import KnownUser
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
from contracts.shared import CompactUser, Outcome
from geo.antimeridian import bounds
from geo.geojson import BadGeometry
from geo.invalid_geometry import InvalidGeometry
from kit.db.ids import IdAllocator
from kit.errors import Forbidden, Invalid, NotFound
from kit.messaging.tx import Tx


def checked(geometry: dict[str, Any]) -> Area:
    try:
        return area_of(geometry)
    except BadGeometry as problem:
        raise InvalidGeometry("geometry", geometry, str(problem)) from problem


async def create_aoi(command: CreateAoi, tx: Tx, ids: IdAllocator) -> AoiFeature:
    """An area without a dataset is written by one statement."""
    area, now = checked(command.geometry), datetime.now(UTC)
    if command.dataset is not None:
        await _check_open_dataset(command.dataset, tx)
    aoi_id = await ids.next(AoiRow)
    tx.insert(
        AoiRow, id=aoi_id, geom=to_postgis(area.surface), area=area.square_metres, dataset_id=command.dataset,
        user_id=tx.actor.id, created_at=now, last_modified=now,
    )  # fmt: skip
    tx.emit(AoiCreated(aoi_id=aoi_id, user_id=tx.actor.id, dataset=command.dataset))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    properties = AoiProperties(
        id=aoi_id, dataset=command.dataset, area=area.square_metres, user=user, created_at=now, last_modified=now
    )
    return AoiFeature(geometry=area.geojson, bbox=area.bbox, properties=properties)


async def change_aoi(command: ChangeAoi, tx: Tx) -> AoiFeature:
    row = await require_owner(command.aoi_id, tx)
    before = row.dataset_id
    if command.geometry is not None:
        area = checked(command.geometry)
        row.geom, row.area = to_postgis(area.surface), area.square_metres
    if command.dataset is not None or command.set_dataset:
        if command.dataset is not None:
            await _check_own_dataset(command.dataset, tx)
        row.dataset_id = command.dataset
    row.last_modified = datetime.now(UTC)
    tx.emit(AoiChanged(aoi_id=row.id, user_id=row.user_id, dataset=row.dataset_id, dataset_before=before))
    return await feature(row, tx)


async def delete_aoi(command: DeleteAoi, tx: Tx) -> None:
    row = await require_owner(command.aoi_id, tx)
    await tx.session.delete(row)
    tx.emit(AoiDeleted(aoi_id=row.id, user_id=row.user_id, dataset=row.dataset_id))


async def require_owner(aoi_id: int, tx: Tx) -> AoiRow:
    """Returns the row, locked, when the caller owns it or its dataset. Raises NotFound when the caller may not see it,
    Forbidden when they may only see it."""
    wanted = select(AoiRow).where(AoiRow.id == aoi_id, reachable_by(tx.actor)).with_for_update()
    row = await tx.session.scalar(wanted, execution_options={"populate_existing": True})
    if row is None:
        raise NotFound("aoi_not_found", "There is no such area of interest.")
    if not (tx.actor.owns(row.user_id) or await _owns_dataset(row.dataset_id, tx)):
        raise Forbidden("not_yours", "Only its owner may change this area of interest.")
    return row


async def _owns_dataset(dataset_id: int | None, tx: Tx) -> bool:
    owner = await tx.session.scalar(select(datasets.c.user_id).where(datasets.c.id == dataset_id))
    return owner is not None and tx.actor.owns(owner)


async def _check_open_dataset(dataset_id: int, tx: Tx) -> None:
    """Every user may draw for a public dataset until it is built. Raises Forbidden otherwise."""
    dataset = await _visible_dataset(dataset_id, tx)
    if not tx.actor.owns(dataset.user_id) and dataset.status in ("building", "built"):
        raise Forbidden("not_yours", "Only its owner may add areas to a dataset that is built.")


async def _check_own_dataset(dataset_id: int, tx: Tx) -> None:
    """Areas may be moved to own datasets only. Raises Forbidden otherwise."""
    dataset = await _visible_dataset(dataset_id, tx)
    if not tx.actor.owns(dataset.user_id):
        raise Forbidden("not_yours", "Only its owner may move areas to this dataset.")


async def _visible_dataset(dataset_id: int, tx: Tx) -> Row[Any]:
    """Raises Invalid for a dataset that the caller may not see, as for one that does not exist."""
    row = (await tx.session.execute(select(datasets).where(datasets.c.id == dataset_id))).one_or_none()
    if row is None or not (row.visibility == "public" or tx.actor.owns(row.user_id)):
        raise Invalid("unknown_dataset", "There is no such dataset.", dataset=["There is no such dataset."])
    return row


async def feature(row: AoiRow, tx: Tx) -> AoiFeature:
    surface = to_shape(row.geom)
    username = await tx.session.scalar(select(KnownUser.username).where(KnownUser.id == row.user_id))
    own = tx.actor.username if tx.actor.id == row.user_id else ""
    user = CompactUser(osm_id=row.user_id, username=username or own)
    count = await tx.session.scalar(select(func.count()).where(LabelRow.aoi_id == row.id))
    outcome = Outcome.model_validate(row.label_outcome) if row.label_outcome else None
    properties = AoiProperties(
        id=row.id, dataset=row.dataset_id, area=row.area, user=user, label_status=row.label_status,
        label_fetched=row.label_fetched, label_error=row.label_error, label_count=count or 0,
        label_outcome=outcome, created_at=row.created_at, last_modified=row.last_modified,
    )  # fmt: skip
    return AoiFeature(geometry=shapely.geometry.mapping(surface), bbox=bounds(surface), properties=properties)
