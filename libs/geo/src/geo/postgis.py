"""SQL conditions on PostGIS columns in EPSG:4326."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from geo.boxes import Box, halves


def overlaps(geom: Any, box: Box) -> ColumnElement[bool]:
    """Returns the condition that column `geom` and the box have a point in common; touching counts."""
    return or_(*(intersects(geom, func.ST_MakeEnvelope(*half, 4326)) for half in halves(box)))


def intersects(geom: Any, shape: ColumnElement[Any]) -> ColumnElement[bool]:
    """Returns the condition that `geom` and `shape` intersect. Its first part lets PostgreSQL use the spatial index."""
    return and_(geom.bool_op("&&")(shape), func.ST_Intersects(geom, shape))
