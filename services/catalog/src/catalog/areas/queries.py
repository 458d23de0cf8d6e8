"""AOIs as GeoJSON, written by the database, so that no process parses them."""

from collections.abc import Sequence
from functools import cache

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Select, Text, bindparam, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSON

from catalog.areas.tables import AoiRow, LabelRow, datasets
from catalog.areas.visibility import counted, listed_by_parameters, reachable_by_columns, visible_to
from catalog.shared.access import can_see_all
from catalog.shared.json_page import as_page, page_of, truncate_to_size
from catalog.shared.tables import KnownUser
from contracts.catalog.areas import GetAoi, GetAoiGpx, ListAois
from contracts.shared import Actor
from geo.postgis import overlaps
from kit.db.database import Database
from kit.db.sql import CompiledQuery, asked_rows
from kit.errors import Invalid, NotFound
from kit.messaging.envelope import Asked
from kit.messaging.tx import ReadTx

user = func.json_build_object("osm_id", AoiRow.user_id, "username", func.coalesce(KnownUser.username, ""))
label_count = select(func.count()).where(LabelRow.aoi_id == AoiRow.id).correlate(AoiRow).scalar_subquery()
properties = func.json_build_object(
    "id", AoiRow.id, "dataset", AoiRow.dataset_id, "area", AoiRow.area, "user", user,
    "label_status", AoiRow.label_status, "label_fetched", AoiRow.label_fetched, "label_error", AoiRow.label_error,
    "label_count", label_count, "label_outcome", AoiRow.label_outcome, "created_at", AoiRow.created_at,
    "last_modified", AoiRow.last_modified,
)  # fmt: skip
shifted = func.ST_ShiftLongitude(AoiRow.geom)
width = func.ST_XMax(AoiRow.geom) - func.ST_XMin(AoiRow.geom)
crosses = case((width > 180, func.ST_XMax(shifted) - func.ST_XMin(shifted) < width), else_=False)
"""What is closer over the line is wider than half of the world without it; the rest needs no shifting."""
box = func.json_build_array(
    case((crosses, func.ST_XMin(shifted)), else_=func.ST_XMin(AoiRow.geom)), func.ST_YMin(AoiRow.geom),
    case((crosses, func.ST_XMax(shifted) - 360), else_=func.ST_XMax(AoiRow.geom)), func.ST_YMax(AoiRow.geom),
)  # fmt: skip
"""West > east where the area crosses the antimeridian (RFC 7946, 5.2)."""
feature = func.json_build_object(
    "type", "Feature", "geometry", cast(func.ST_AsGeoJSON(AoiRow.geom, 9), JSON), "bbox", box, "properties", properties
)


def _by_id(found: ColumnElement) -> CompiledQuery:
    """Returns `found` of several areas, each as far as its own caller may see it."""
    one = select(WANTED.c.number, found).select_from(WANTED).join(AoiRow, AoiRow.id == WANTED.c.aoi_id)
    one = one.outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)
    return CompiledQuery(one.where(reachable_by_columns(WANTED.c.actor_id, WANTED.c.everything)))


WANTED = asked_rows(aoi_id=BigInteger, actor_id=BigInteger, everything=Boolean)
_FEATURES = _by_id(cast(feature, Text).label("found"))
_GEOMETRIES = _by_id(func.ST_AsGeoJSON(AoiRow.geom, 9).label("found"))


async def get_aois(asked: Sequence[Asked[GetAoi]], db: Database) -> list[bytes | NotFound]:
    found = await _found(_FEATURES, [(one.message.aoi_id, one.actor) for one in asked], db)
    return [text.encode() if isinstance(text, str) else text for text in found]


async def get_aoi_gpx(query: GetAoiGpx, read: ReadTx) -> str:
    from catalog.areas.gpx import gpx  # few ask for it, and its library would stay in memory

    (text,) = await _found(_GEOMETRIES, [(query.aoi_id, read.actor)], read.db)
    if isinstance(text, NotFound):
        raise text
    geometry = orjson.loads(text)
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return gpx(query.name or f"AOI {query.aoi_id}", [rings[0] for rings in polygons])


async def _found(statement: CompiledQuery, wanted: Sequence[tuple[int, Actor]], db: Database) -> list[str | NotFound]:
    async with db.raw() as connection:
        rows = await statement.rows(
            connection, aoi_id=[aoi_id for aoi_id, _ in wanted], actor_id=[actor.id for _, actor in wanted],
            everything=[can_see_all(actor) for _, actor in wanted],
        )  # fmt: skip
    texts = {row["number"]: row["found"] for row in rows}
    missing = NotFound("aoi_not_found", "There is no such area of interest.")
    return [texts.get(number, missing) for number in range(1, len(wanted) + 1)]


_WRITTEN = select(cast(feature, Text)).select_from(AoiRow).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)


@cache
def _all(everything: bool) -> tuple[CompiledQuery, CompiledQuery]:
    """The list without filters and its count: built anew they cost more than all else in this process."""
    rows = _WRITTEN if everything else _WRITTEN.where(listed_by_parameters())
    return CompiledQuery(page_of(rows, AoiRow.id, _WRITTEN)), CompiledQuery(counted(bindparam("actor_id"), everything))


async def list_aois(query: ListAois, read: ReadTx) -> bytes:
    """Returns areas ordered by id. Raises Invalid when the `dataset` of the filter does not exist."""
    if query.dataset is None and query.user is None and not query.page.in_bbox:
        return await _list_all(query, read)
    return await _list_some(query, read)


async def _list_all(query: ListAois, read: ReadTx) -> bytes:
    rows, count = _all(can_see_all(read.actor))
    place = {"after": query.after, "limit": query.page.limit, "offset": query.page.offset}
    async with read.db.raw() as connection:
        in_all = 0 if query.after else await count.value(connection, actor_id=read.actor.id)
        return as_page(in_all, await rows.column(connection, actor_id=read.actor.id, **place))


async def _list_some(query: ListAois, read: ReadTx) -> bytes:
    rows = await _filtered(query, read)
    return await truncate_to_size(rows, AoiRow.id, query.page, query.after, read, bare=_WRITTEN)


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
