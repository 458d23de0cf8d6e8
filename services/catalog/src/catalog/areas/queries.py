"""AOIs as GeoJSON, written by the database, so that no process parses them."""

import orjson
from sqlalchemy import ColumnElement, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from catalog.areas.tables import AoiRow, LabelRow, datasets
from catalog.areas.visibility import count_visible_to, parameters_of, reachable_by_parameters, visible_to
from catalog.shared.access import can_see_all
from catalog.shared.json_page import truncate_to_size
from catalog.shared.tables import KnownUser
from contracts.catalog.areas import GetAoiGpx, ListAois
from geo.postgis import overlaps
from kit.db.sql import CompiledQuery
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx

user = func.jsonb_build_object("osm_id", AoiRow.user_id, "username", func.coalesce(KnownUser.username, ""))
label_count = select(func.count()).where(LabelRow.aoi_id == AoiRow.id).correlate(AoiRow).scalar_subquery()
properties = func.jsonb_build_object(
    "id", AoiRow.id, "dataset", AoiRow.dataset_id, "area", AoiRow.area, "user", user,
    "label_status", AoiRow.label_status, "label_fetched", AoiRow.label_fetched, "label_error", AoiRow.label_error,
    "label_count", label_count, "label_outcome", AoiRow.label_outcome, "created_at", AoiRow.created_at,
    "last_modified", AoiRow.last_modified,
)  # fmt: skip
shifted = func.ST_ShiftLongitude(AoiRow.geom)
crosses = func.ST_XMax(shifted) - func.ST_XMin(shifted) < func.ST_XMax(AoiRow.geom) - func.ST_XMin(AoiRow.geom)
box = func.jsonb_build_array(
    case((crosses, func.ST_XMin(shifted)), else_=func.ST_XMin(AoiRow.geom)), func.ST_YMin(AoiRow.geom),
    case((crosses, func.ST_XMax(shifted) - 360), else_=func.ST_XMax(AoiRow.geom)), func.ST_YMax(AoiRow.geom),
)  # fmt: skip
"""West > east where the area crosses the antimeridian (RFC 7946, 5.2)."""
feature = func.jsonb_build_object(
    "type", "Feature", "geometry", cast(func.ST_AsGeoJSON(AoiRow.geom, 9), JSONB), "bbox", box, "properties", properties
)


def _by_id(column: ColumnElement) -> CompiledQuery:
    one = select(column).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)
    return CompiledQuery(one.where(AoiRow.id == bindparam("aoi_id"), reachable_by_parameters()))


_FEATURE = _by_id(cast(feature, Text))
_GEOMETRY = _by_id(func.ST_AsGeoJSON(AoiRow.geom, 9))


async def get_aoi(aoi_id: int, read: ReadTx) -> bytes:
    return (await _one(_FEATURE, aoi_id, read)).encode()


async def get_aoi_gpx(query: GetAoiGpx, read: ReadTx) -> str:
    from catalog.areas.gpx import gpx  # few ask for it, and its library would stay in memory

    geometry = orjson.loads(await _one(_GEOMETRY, query.aoi_id, read))
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return gpx(query.name or f"AOI {query.aoi_id}", [rings[0] for rings in polygons])


async def _one(statement: CompiledQuery, aoi_id: int, read: ReadTx) -> str:
    async with read.db.raw() as connection:
        text = await statement.value(connection, aoi_id=aoi_id, **parameters_of(read.actor))
    if text is None:
        raise NotFound("aoi_not_found", "There is no such area of interest.")
    return text


_WRITTEN = select(cast(feature, Text)).select_from(AoiRow).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)


async def list_aois(query: ListAois, read: ReadTx) -> bytes:
    """Returns areas ordered by id. Raises Invalid when the `dataset` of the filter does not exist."""
    narrow = query.dataset is not None or query.user is not None or query.page.in_bbox
    count = None if narrow else count_visible_to(read.actor)
    rows = await _filtered(query, read)
    return await truncate_to_size(rows, AoiRow.id, query.page, query.after, read, count, _WRITTEN)


async def _filtered(query: ListAois, read: ReadTx) -> Select[str]:
    rows, owner = _WRITTEN, None
    if query.dataset is not None:
        owner = await read.session.scalar(select(datasets.c.user_id).where(datasets.c.id == query.dataset))
        if owner is None:
            raise Invalid("unknown_dataset", "There is no such dataset.", dataset=["There is no such dataset."])
        rows = rows.where(AoiRow.dataset_id == query.dataset)
    if not can_see_all(read.actor) and owner != read.actor.id:
        rows = rows.where(visible_to(read.actor))
    if query.user is not None:
        rows = rows.where(AoiRow.user_id == query.user)
    return rows.where(overlaps(AoiRow.geom, query.page.in_bbox)) if query.page.in_bbox else rows
