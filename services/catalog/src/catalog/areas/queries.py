"""AOIs as GeoJSON, written by the database so that nothing is parsed twice."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Text, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from catalog.access import sees_all
from catalog.areas.gpx import gpx
from catalog.areas.tables import AoiRow
from catalog.datasets.tables import DatasetRow
from catalog.labels.tables import LabelRow
from catalog.portions import fitting, within
from catalog.tables import KnownUser
from contracts.catalog.areas import GetAoiGpx, ListAois
from contracts.shared import Actor
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx
from kit.statements import Prepared

user = func.jsonb_build_object("osm_id", AoiRow.user_id, "username", func.coalesce(KnownUser.username, ""))
label_count = select(func.count()).where(LabelRow.aoi_id == AoiRow.id).correlate(AoiRow).scalar_subquery()
properties = func.jsonb_build_object(
    "id", AoiRow.id, "dataset", AoiRow.dataset_id, "area", AoiRow.area, "user", user,
    "label_status", AoiRow.label_status, "label_fetched", AoiRow.label_fetched, "label_error", AoiRow.label_error,
    "label_count", label_count, "created_at", AoiRow.created_at, "last_modified", AoiRow.last_modified,
)  # fmt: skip
box = func.jsonb_build_array(
    func.ST_XMin(AoiRow.geom), func.ST_YMin(AoiRow.geom), func.ST_XMax(AoiRow.geom), func.ST_YMax(AoiRow.geom)
)
feature = func.jsonb_build_object(
    "type", "Feature", "geometry", cast(func.ST_AsGeoJSON(AoiRow.geom, 9), JSONB), "bbox", box, "properties", properties
)


def visible(actor_id: Any, everything: Any) -> ColumnElement[bool]:
    """Own AOIs, those of public datasets, for some callers all."""
    return or_(AoiRow.user_id == actor_id, everything, AoiRow.is_public)


def _by_id(column: ColumnElement) -> Prepared:
    mine = exists().where(DatasetRow.id == AoiRow.dataset_id, DatasetRow.user_id == bindparam("actor_id"))
    seen = visible(bindparam("actor_id"), bindparam("everything")) | mine
    one = select(column).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)
    return Prepared(one.where(AoiRow.id == bindparam("aoi_id"), seen))


_FEATURE = _by_id(cast(feature, Text))
_OUTLINE = _by_id(func.ST_AsGeoJSON(func.ST_ExteriorRing(AoiRow.geom), 9))


async def get_aoi(aoi_id: int, read: ReadTx) -> bytes:
    return (await _one(_FEATURE, aoi_id, read)).encode()


async def get_aoi_gpx(query: GetAoiGpx, read: ReadTx) -> str:
    return gpx(query.name or f"AOI {query.aoi_id}", await _one(_OUTLINE, query.aoi_id, read))


async def _one(statement: Prepared, aoi_id: int, read: ReadTx) -> str:
    async with read.db.raw() as connection:
        text = await statement.value(connection, aoi_id=aoi_id, actor_id=read.actor.id, everything=sees_all(read.actor))
    if text is None:
        raise NotFound("aoi_not_found", "There is no such area of interest.")
    return text


_WRITTEN = select(cast(feature, Text)).select_from(AoiRow).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)


async def list_aois(query: ListAois, read: ReadTx) -> bytes:
    """By id. Invalid when the `dataset` of the filter does not exist."""
    narrow = query.dataset is not None or query.user is not None or query.page.in_bbox
    count = None if narrow else _all_visible(read.actor)
    rows = await _filtered(query, read)
    return await fitting(rows, AoiRow.id, query.page, query.after, read, count, _WRITTEN)


def _all_visible(actor: Actor) -> Select[Any]:
    """Their exact number without a look at each: datasets know how many they have, the rest is few."""
    of_datasets = select(func.coalesce(func.sum(DatasetRow.aoi_count), 0))
    if sees_all(actor):
        others = select(func.count()).where(AoiRow.dataset_id.is_(None))
    else:
        of_datasets = of_datasets.where(DatasetRow.visibility == "public")
        others = select(func.count()).where(AoiRow.user_id == actor.id, AoiRow.is_public.is_(False))
    return select(of_datasets.scalar_subquery() + others.scalar_subquery())


async def _filtered(query: ListAois, read: ReadTx) -> Select[str]:
    rows, owner = _WRITTEN, None
    if query.dataset is not None:
        owner = await read.session.scalar(select(DatasetRow.user_id).where(DatasetRow.id == query.dataset))
        if owner is None:
            raise Invalid("unknown_dataset", "There is no such dataset.", dataset=["There is no such dataset."])
        rows = rows.where(AoiRow.dataset_id == query.dataset)
    if not sees_all(read.actor) and owner != read.actor.id:
        rows = rows.where(visible(read.actor.id, False))
    if query.user is not None:
        rows = rows.where(AoiRow.user_id == query.user)
    return within(rows, AoiRow.geom, func.ST_MakeEnvelope(*query.page.in_bbox, 4326)) if query.page.in_bbox else rows
