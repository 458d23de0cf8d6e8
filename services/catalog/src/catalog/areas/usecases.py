from datetime import UTC, datetime
from typing import Any

import shapely

from catalog.areas.domain import Area, BadPolygon, area_of
from catalog.areas.tables import AoiRow
from contracts.catalog.areas import AoiCreated, AoiFeature, AoiProperties, CreateAoi
from contracts.shared import CompactUser
from kit.errors import Invalid
from kit.ids import Ids
from kit.messaging.tx import Tx


def checked(geometry: dict[str, Any]) -> Area:
    try:
        return area_of(geometry)
    except BadPolygon as problem:
        raise Invalid("invalid_geometry", str(problem), geometry=[str(problem)]) from problem


async def create_aoi(command: CreateAoi, tx: Tx, ids: Ids) -> AoiFeature:
    area, now, aoi_id = checked(command.geometry), datetime.now(UTC), await ids.next(AoiRow)
    tx.insert(
        AoiRow, id=aoi_id, geom=area.ewkt, area=area.square_metres, dataset_id=command.dataset,
        user_id=tx.actor.id, created_at=now, last_modified=now,
    )  # fmt: skip
    tx.emit(AoiCreated(aoi_id=aoi_id, user_id=tx.actor.id, dataset=command.dataset))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    properties = AoiProperties(
        id=aoi_id, dataset=command.dataset, area=area.square_metres, user=user, created_at=now, last_modified=now
    )
    return AoiFeature(geometry=shapely.geometry.mapping(area.polygon), bbox=area.bbox, properties=properties)
