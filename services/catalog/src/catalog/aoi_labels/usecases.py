"""Writes of labels. Who may change an AOI may change its labels."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, exists, func, select

from catalog.aoi_labels import bulk_write
from catalog.aoi_labels.domain import NOTHING, BadLabel
from catalog.aoi_labels.identity import osm_id_of
from catalog.aoi_labels.presenter import present
from catalog.aoi_labels.reading import Reading, numbered
from catalog.aoi_labels.shapes import geometry_of
from catalog.aoi_labels.tables import LabelUploadPart
from catalog.aoi_labels.tags import tags_of
from catalog.areas.tables import AoiRow, LabelRow
from catalog.areas.usecases import feature as aoi_feature
from catalog.areas.usecases import require_owner
from catalog.shared.geometry import to_postgis
from catalog.shared.outcomes import describe_outcome
from contracts.catalog import labels as c
from contracts.catalog.areas import AoiFeature
from contracts.shared import Outcome
from contracts.verdict import Accepted
from geo.invalid_geometry import InvalidGeometry
from kit.errors import Conflict, Invalid, NotFound
from kit.messaging.tx import Tx


async def create_label(command: c.CreateLabel, tx: Tx) -> Accepted:
    """Returns 201, or 200 when the AOI has a label of this geometry, which is then updated."""
    aoi = await _aoi_for_label(command.aoi_id, tx)
    values = _checked({"geometry": command.geometry, "osm_id": command.osm_id, "tags": command.tags})
    row = await tx.session.scalar(_same_shape(aoi.id, values["geom"]))
    http = 201 if row is None else 200
    row = row or LabelRow(aoi_id=aoi.id, created_at=datetime.now(UTC))
    return Accepted(result=(await _written(row, values, aoi, tx)).model_dump(mode="json"), http=http)


async def change_label(command: c.ChangeLabel, tx: Tx) -> c.LabelFeature:
    """Raises Conflict when another label of the AOI has the new geometry."""
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
    tx.emit(c.LabelChanged(label_id=row.id, aoi_id=aoi.id, user_id=aoi.user_id, dataset=aoi.dataset_id))
    await tx.session.refresh(row)
    return present(row)


async def delete_label(command: c.DeleteLabel, tx: Tx) -> None:
    row = await _owned_label(command.label_id, tx)
    aoi = await tx.session.get_one(AoiRow, row.aoi_id)
    await tx.session.delete(row)
    tx.emit(c.LabelDeleted(label_id=row.id, aoi_id=aoi.id, user_id=aoi.user_id, dataset=aoi.dataset_id))


async def fetch_labels(command: c.FetchLabels, tx: Tx) -> AoiFeature:
    """Starts a fetch. A newer request replaces an older one and deletes waiting parts of uploads."""
    aoi = await require_owner(command.aoi_id, tx)
    if not all(entry.name.strip() and entry.classes for entry in command.label_classes) or not command.label_classes:
        problem = "At least one class is required, each with the name of an OSM key and a list of values."
        raise Invalid("invalid_classes", problem, label_classes=[problem])
    await tx.session.execute(delete(LabelUploadPart).where(LabelUploadPart.aoi_id == aoi.id))
    aoi.label_run += 1
    aoi.label_outcome = None
    _under_way(aoi)
    tx.emit(
        c.LabelFetchJob(
            aoi_id=aoi.id, user_id=aoi.user_id, run=aoi.label_run, label_classes=command.label_classes,
            geometry_type=command.geometry_type,
        )
    )  # fmt: skip
    return await aoi_feature(aoi, tx)


async def upload_labels(command: c.UploadLabels, tx: Tx) -> AoiFeature:
    """Raises Conflict during a fetch, which would delete what is added meanwhile. A file in one part is checked at
    once: raises Invalid when none of its features can be a label."""
    aoi = await require_owner(command.aoi_id, tx)
    waiting = await tx.session.scalar(select(exists().where(LabelUploadPart.aoi_id == aoi.id)))
    if aoi.label_status == 0 and not waiting:
        raise Conflict("labels_under_way", "The labels of this area are being fetched. Try again when that is done.")
    if command.parts == 1:
        await _check(command, aoi, tx)
    if not waiting:
        aoi.label_outcome = None
    part = command.model_dump(include={"upload", "part", "aoi_id", "features", "numbers", "left_out"}, mode="json")
    await tx.session.merge(LabelUploadPart(**part))
    await tx.session.flush()
    _under_way(aoi)
    there = select(func.count()).where(LabelUploadPart.upload == command.upload, LabelUploadPart.aoi_id == aoi.id)
    if await tx.session.scalar(there) == command.parts:
        tx.emit(c.LabelUploadJob(aoi_id=aoi.id, user_id=aoi.user_id, upload=command.upload))
    return await aoi_feature(aoi, tx)


async def _check(command: c.UploadLabels, aoi: AoiRow, tx: Tx) -> None:
    reading = Reading(await bulk_write.reachable_area(aoi, tx))
    await asyncio.to_thread(reading.read, numbered(command.features, command.numbers))
    if not await asyncio.to_thread(reading.labels):
        outcome = Outcome.of(0, [*command.left_out, *reading.left_out])
        reasons = [f"{one.reason} ({', '.join(one.examples)})" for one in outcome.left_out]
        raise Invalid(
            "no_usable_feature",
            describe_outcome(NOTHING, outcome),
            features=reasons or [describe_outcome(NOTHING, outcome)],
        )


def _under_way(aoi: AoiRow) -> None:
    aoi.label_status, aoi.label_error, aoi.label_since = 0, "", datetime.now(UTC)


def _refused(problem: BadLabel, given: dict[str, Any] | None) -> Invalid:
    if problem.field == "geometry" and given:
        return InvalidGeometry("geometry", given["geometry"], str(problem))
    return Invalid("invalid_label", str(problem), **{problem.field: [str(problem)]})


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """Returns column values of the given fields."""
    readers = {
        "geometry": lambda value: ("geom", to_postgis(geometry_of(value))),
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
    """Raises Invalid for an unknown AOI, since the body of the request names it."""
    try:
        return await require_owner(aoi_id, tx)
    except NotFound as problem:
        raise Invalid("unknown_aoi", problem.detail, aoi=[problem.detail]) from problem


async def _owned_label(label_id: int, tx: Tx) -> LabelRow:
    """Raises NotFound when the caller may not see the label, Forbidden when they may only see it."""
    row = await tx.session.get(LabelRow, label_id)
    try:
        if row:
            await require_owner(row.aoi_id, tx)
            return await tx.session.get_one(LabelRow, label_id, with_for_update=True, populate_existing=True)
    except NotFound:
        pass
    raise NotFound("label_not_found", "There is no such label.")
