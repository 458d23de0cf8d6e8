"""AOIs as GeoJSON, written by the database so that nothing is parsed twice."""

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from catalog.areas.tables import AoiRow
from catalog.tables import KnownUser
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from kit.statements import Prepared

user = func.jsonb_build_object("osm_id", AoiRow.user_id, "username", func.coalesce(KnownUser.username, ""))
properties = func.jsonb_build_object(
    "id", AoiRow.id, "dataset", AoiRow.dataset_id, "area", AoiRow.area, "user", user,
    "created_at", AoiRow.created_at, "last_modified", AoiRow.last_modified,
)  # fmt: skip
box = func.jsonb_build_array(
    func.ST_XMin(AoiRow.geom), func.ST_YMin(AoiRow.geom), func.ST_XMax(AoiRow.geom), func.ST_YMax(AoiRow.geom)
)
feature = func.jsonb_build_object(
    "type", "Feature", "geometry", cast(func.ST_AsGeoJSON(AoiRow.geom, 9), JSONB), "bbox", box, "properties", properties
)
_BY_ID = Prepared(
    select(cast(feature, Text)).outerjoin(KnownUser, KnownUser.id == AoiRow.user_id)
    .where(AoiRow.id == bindparam("aoi_id"))
)  # fmt: skip


async def get_aoi(aoi_id: int, read: ReadTx) -> bytes:
    async with read.db.raw() as connection:
        text = await _BY_ID.value(connection, aoi_id=aoi_id)
    if text is None:
        raise NotFound("aoi_not_found")
    return text.encode()
