"""What people do with labels. Whoever may change an AOI may change its labels."""

from datetime import UTC, datetime
from typing import Any

from geoalchemy2.shape import from_shape
from sqlalchemy import delete, exists, func, select

from catalog.areas.tables import AoiRow
from catalog.areas.usecases import feature as aoi_feature
from catalog.areas.usecases import owned
from catalog.labels.domain import BadLabel, geometry_of, label_of, osm_id_of, tags_of
from catalog.labels.tables import LabelRow, LabelUploadPart
from catalog.labels.views import view
from contracts.catalog import labels as c
from contracts.catalog.areas import AoiFeature
from contracts.verdict import Accepted
from kit.errors import Conflict, Invalid, NotFound
from kit.geometry import InvalidGeometry
from kit.messaging.tx import Tx


async def create_label(command: c.CreateLabel, tx: Tx) -> Accepted:
    """201, or 200 where the AOI has a label of this geometry, which then gets the new tags."""
    aoi = await _aoi_for_label(command.aoi_id, tx)
    values = _checked({"geometry": command.geometry, "osm_id": command.osm_id, "tags": command.tags})
    row = await tx.session.scalar(_same_shape(aoi.id, values["geom"]))
    http = 201 if row is None else 200
    row = row or LabelRow(aoi_id=aoi.id, created_at=datetime.now(UTC))
    return Accepted(result=(await _written(row, values, aoi, tx)).model_dump(mode="json"), http=http)


async def change_label(command: c.ChangeLabel, tx: Tx) -> c.LabelFeature:
    """Conflict when another label of the AOI has the new geometry."""
    row = await _owned_label(command.label_id, tx)
    values = _checked({name: getattr(command, name) for name in command.given if name != "aoi_id"})
    aoi = await _aoi_for_label(command.aoi_id or row.aoi_id, tx)
    row.aoi_id = aoi.id
    return await _written(row, values, aoi, tx)


async def _written(row: LabelRow, values: dict[str, Any], aoi: AoiRow, tx: Tx) -> c.LabelFeature:
    for name, value in values.items():
        setattr(row, name, value)
    tx.session.add(row)
    await tx.session.flush()
    tx.emit(c.LabelChanged(label_id=row.id, aoi_id=aoi.id, user_id=aoi.user_id))
    await tx.session.refresh(row)
    return view(row)


async def delete_label(command: c.DeleteLabel, tx: Tx) -> None:
    row = await _owned_label(command.label_id, tx)
    aoi = await tx.session.get_one(AoiRow, row.aoi_id)
    await tx.session.delete(row)
    tx.emit(c.LabelDeleted(label_id=row.id, aoi_id=aoi.id, user_id=aoi.user_id))


async def fetch_labels(command: c.FetchLabels, tx: Tx) -> AoiFeature:
    """May be repeated at will: the newest request wins, and what was waiting to be added is dropped."""
    aoi = await owned(command.aoi_id, tx)
    if not all(entry.name.strip() and entry.classes for entry in command.label_classes) or not command.label_classes:
        problem = "At least one class is required, each with the name of an OSM key and a list of values."
        raise Invalid("invalid_classes", problem, label_classes=[problem])
    await tx.session.execute(delete(LabelUploadPart).where(LabelUploadPart.aoi_id == aoi.id))
    aoi.label_run += 1
    _under_way(aoi)
    tx.emit(
        c.LabelFetchJob(
            aoi_id=aoi.id, user_id=aoi.user_id, run=aoi.label_run, label_classes=command.label_classes,
            geometry_type=command.geometry_type,
        )
    )  # fmt: skip
    return await aoi_feature(aoi, tx)


async def upload_labels(command: c.UploadLabels, tx: Tx) -> AoiFeature:
    """Conflict during a fetch, which would throw away what is added meanwhile. Invalid when the first feature is."""
    aoi = await owned(command.aoi_id, tx)
    waiting = await tx.session.scalar(select(exists().where(LabelUploadPart.aoi_id == aoi.id)))
    if aoi.label_status == 0 and not waiting:
        raise Conflict("labels_under_way", "The labels of this area are being fetched. Try again when that is done.")
    if command.part == 0:
        _check_first(command.features)
    part = LabelUploadPart(upload=command.upload, part=command.part, aoi_id=aoi.id, features=command.features)
    await tx.session.merge(part)
    await tx.session.flush()
    _under_way(aoi)
    there = select(func.count()).where(LabelUploadPart.upload == command.upload, LabelUploadPart.aoi_id == aoi.id)
    if await tx.session.scalar(there) == command.parts:
        tx.emit(c.LabelUploadJob(aoi_id=aoi.id, user_id=aoi.user_id, upload=command.upload))
    return await aoi_feature(aoi, tx)


def _check_first(features: list[dict[str, Any]]) -> None:
    first = features[0] if features else None
    try:
        label_of(first)
    except BadLabel as problem:
        raise _refused(problem, first) from problem


def _under_way(aoi: AoiRow) -> None:
    aoi.label_status, aoi.label_error, aoi.label_since = 0, "", datetime.now(UTC)


def _refused(problem: BadLabel, given: dict[str, Any] | None) -> Invalid:
    if problem.field == "geometry" and given:
        return InvalidGeometry("geometry", given["geometry"], str(problem))
    return Invalid("invalid_label", str(problem), **{problem.field: [str(problem)]})


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """Columns of the row for the fields that were given."""
    readers = {
        "geometry": lambda value: ("geom", from_shape(geometry_of(value), 4326)),
        "osm_id": lambda value: ("osm_id", osm_id_of(value)),
        "tags": lambda value: ("tags", tags_of(value)),
    }
    try:
        return dict(readers[name](value) for name, value in given.items())
    except BadLabel as problem:
        raise _refused(problem, given) from problem


def _same_shape(aoi_id: int, geom: Any) -> Any:
    shape = func.sha256(func.ST_AsBinary(func.ST_Normalize(geom)))
    return select(LabelRow).where(LabelRow.aoi_id == aoi_id, LabelRow.geom_hash == shape).with_for_update()


async def _aoi_for_label(aoi_id: int, tx: Tx) -> AoiRow:
    """An unknown AOI is a fault of the request's body."""
    try:
        return await owned(aoi_id, tx)
    except NotFound as problem:
        raise Invalid("unknown_aoi", problem.detail, aoi=[problem.detail]) from problem


async def _owned_label(label_id: int, tx: Tx) -> LabelRow:
    """NotFound when the caller may not even see it, Forbidden when he may only see it."""
    row = await tx.session.get(LabelRow, label_id)
    try:
        if row:
            await owned(row.aoi_id, tx)
            return await tx.session.get_one(LabelRow, label_id, with_for_update=True, populate_existing=True)
    except NotFound:
        pass
    raise NotFound("label_not_found", "There is no such label.")
