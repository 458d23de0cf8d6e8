"""Parts of geometries by their dimension."""

# pyright: reportUnknownMemberType=false
# The stubs of shapely leave `**kwargs` without a type.

from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry


def parts_of_dimension(geometry: BaseGeometry, dimension: int) -> BaseGeometry | None:
    """Returns the points (0), lines (1) or polygons (2) within a geometry as one geometry; None without any."""
    parts = [part for part in _simple_parts(geometry) if shapely.get_dimensions(part) == dimension]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    multi = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)[dimension]
    return multi(cast(list[Any], parts))


def _simple_parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = [geometry]
    while any(hasattr(part, "geoms") for part in parts):
        parts = [inner for part in parts for inner in getattr(part, "geoms", [part])]
    return [part for part in parts if not part.is_empty]
