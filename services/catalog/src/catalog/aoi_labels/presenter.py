"""Label rows as the API returns them."""

import shapely
from geoalchemy2.shape import to_shape

from catalog.areas.tables import LabelRow
from contracts.catalog.labels import LabelFeature, LabelProperties


def present(row: LabelRow) -> LabelFeature:
    properties = LabelProperties(id=row.id, aoi=row.aoi_id, osm_id=row.osm_id, tags=row.tags, created_at=row.created_at)
    return LabelFeature(id=row.id, geometry=shapely.geometry.mapping(to_shape(row.geom)), properties=properties)
