"""Centroids of datasets."""

from sqlalchemy import Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import JSON

from catalog.areas.tables import AoiRow
from catalog.datasets.tables import DatasetRow
from catalog.datasets.visibility import visible_to
from catalog.shared.json_page import truncate_to_size
from contracts.catalog.datasets import ListDatasetCentroids
from kit.messaging.tx import ReadTx

_areas = func.ST_Collect(AoiRow.geom)
_shifted = func.ST_ShiftLongitude(_areas)
_is_closer = func.ST_XMax(_shifted) - func.ST_XMin(_shifted) < func.ST_XMax(_areas) - func.ST_XMin(_areas)
"""Whether the areas are closer to each other across the antimeridian."""
_centroid = case((_is_closer, func.ST_WrapX(func.ST_Centroid(_shifted), 180, -360)), else_=func.ST_Centroid(_areas))
_middle = (
    select(func.ST_AsGeoJSON(_centroid, 9))
    .where(AoiRow.dataset_id == DatasetRow.id)
    .correlate(DatasetRow)
    .scalar_subquery()
)
_properties = func.json_build_object(
    "did", DatasetRow.id, "id", DatasetRow.id, "stac_id", DatasetRow.stac_id, "title", DatasetRow.title
)
_feature = func.json_build_object("type", "Feature", "geometry", cast(_middle, JSON), "properties", _properties)


async def list_centroids(query: ListDatasetCentroids, read: ReadTx) -> bytes:
    """Returns points; datasets without AOIs have none and are left out."""
    placed = select(1).where(AoiRow.dataset_id == DatasetRow.id).exists()
    rows = select(cast(_feature, Text)).select_from(DatasetRow).where(visible_to(read.actor), placed)
    return await truncate_to_size(rows, DatasetRow.id, query.page, query.after, read)
