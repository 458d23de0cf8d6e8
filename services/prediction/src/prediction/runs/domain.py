"""Where a prediction may be made."""

import json
import math
from typing import Any, cast

import shapely

MAX_VERTICES = 10_000
Region = shapely.Polygon | shapely.MultiPolygon


class BadRegion(ValueError):
    """Words for the person who drew it."""


def region_of(geometry: dict[str, Any], one: bool = False) -> Region:
    """A valid surface in EPSG:4326; BadRegion for anything but a GeoJSON Polygon or MultiPolygon in lon/lat.

    `one`: a single polygon, the union of several, or the box around them where that is not one.
    """
    polygons = _polygons(geometry)
    if one:
        union = shapely.union_all([_valid(polygon) for polygon in polygons])
        return union if isinstance(union, shapely.Polygon) else shapely.box(*union.bounds)
    return _valid(polygons[0] if geometry["type"] == "Polygon" else shapely.MultiPolygon(polygons))


def _polygons(geometry: dict[str, Any]) -> list[shapely.Polygon]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadRegion("Only a GeoJSON Polygon or MultiPolygon can be predicted on.")
    parts = [_rings(part) for part in ([coordinates] if kind == "Polygon" else _list(coordinates, "coordinates"))]
    if not parts or sum(len(ring) for part in parts for ring in part) > MAX_VERTICES:
        raise BadRegion(f"A geometry has one polygon or more and at most {MAX_VERTICES} vertices.")
    return [shapely.Polygon(rings[0], rings[1:]) for rings in parts]


def _rings(value: Any) -> list[list[tuple[float, float]]]:
    rings = [_ring(ring) for ring in _list(value, "A polygon")]
    if not rings:
        raise BadRegion("A polygon has one ring or more.")
    return rings


def _ring(value: Any) -> list[tuple[float, float]]:
    points = [_point(point) for point in _list(value, "A ring")]
    if len(points) < 4 or points[0] != points[-1]:
        raise BadRegion("A ring needs at least four positions and must end where it starts.")
    return points


def _point(value: Any) -> tuple[float, float]:
    numbers = _list(value, "A position")[:2]
    if len(numbers) < 2 or not all(_is_finite(number) for number in numbers):
        raise BadRegion("A position is two finite numbers: longitude and latitude.")
    if abs(numbers[0]) > 180 or abs(numbers[1]) > 90:
        raise BadRegion("Longitudes lie within ±180 and latitudes within ±90 degrees.")
    return float(numbers[0]), float(numbers[1])


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadRegion(f"{what} must be a list.")
    return list(cast("list[Any]", value))


def _valid(region: Region) -> Region:
    if not region.is_valid:
        raise BadRegion(f"The geometry crosses itself or is broken: {shapely.is_valid_reason(region)}.")
    if not region.area > 0:
        raise BadRegion("The geometry has no area.")
    return region


def ewkt(region: Region) -> str:
    """For PostGIS, every digit kept."""
    return f"SRID=4326;{shapely.to_wkt(region, rounding_precision=17)}"


def geojson(region: Region) -> dict[str, Any]:
    return json.loads(shapely.to_geojson(region))
