"""Where datasets are, as points."""

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from catalog.areas.tables import AoiRow
from catalog.datasets.queries import visible
from catalog.datasets.tables import DatasetRow
from catalog.portions import fitting
from contracts.catalog.datasets import ListDatasetCentroids
from kit.messaging.tx import ReadTx

_middle = (
    select(func.ST_AsGeoJSON(func.ST_Centroid(func.ST_Collect(AoiRow.geom)), 9))
    .where(AoiRow.dataset_id == DatasetRow.id)
    .correlate(DatasetRow)
    .scalar_subquery()
)
_properties = func.jsonb_build_object(
    "did", DatasetRow.id, "id", DatasetRow.id, "stac_id", DatasetRow.stac_id, "title", DatasetRow.title
)
_feature = func.jsonb_build_object("type", "Feature", "geometry", cast(_middle, JSONB), "properties", _properties)


async def list_centroids(query: ListDatasetCentroids, read: ReadTx) -> bytes:
    """Datasets without AOIs are nowhere and not listed."""
    placed = select(1).where(AoiRow.dataset_id == DatasetRow.id).exists()
    rows = visible(read.actor).with_only_columns(cast(_feature, Text)).where(placed)
    return await fitting(rows, DatasetRow.id, query.page, query.after, read)
