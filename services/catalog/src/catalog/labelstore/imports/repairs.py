"""Outlines that are not valid, made valid where they mean an area."""

from typing import Any

import shapely
from shapely.errors import ShapelyError

from catalog.labelstore.objects.shapes import polygon_shape

SAME = 1e-3
"""Share of the area that may differ for an outline that means what it says."""


def repaired(shape: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Returns the shape, and whether it means something else than before. Parts that a format joins by thin bridges
    come apart again, which alters nothing; a ring that crosses itself is resolved, which does."""
    parts = shape["coordinates"] if shape["type"] == "polygon" else []
    rings = [part[0] for part in parts if len(part) == 1 and len(part[0]) >= 4]
    if not rings or len(rings) != len(parts):
        return shape, False
    try:
        areas = [shapely.Polygon(ring) for ring in rings]
        if all(area.is_valid for area in areas):
            return shape, False
        whole = shapely.union_all([shapely.make_valid(area) for area in areas])
    except (ShapelyError, ValueError, TypeError):
        return shape, False
    found = polygon_shape(_flat(whole))
    said = sum(abs(_signed(ring)) for ring in rings)
    return (shape, False) if found is None else (found, abs(whole.area - said) > SAME * whole.area)


def _flat(area: Any) -> Any:
    """Returns the polygons of a collection, those of its collections too."""
    parts = [each for part in shapely.get_parts(area).tolist() for each in shapely.get_parts(part).tolist()]
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _signed(ring: list[Any]) -> float:
    """Returns the area that a ring goes around, by the shoelace formula: of crossing loops the difference."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2
