"""What may be an AOI."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import pyproj
import shapely

MAX_VERTICES = 10_000
MAX_AREA = 5.0e9
"""Square metres: 5,000 km², far beyond what drones cover."""


class BadPolygon(ValueError):
    """Words for the person who drew it."""


@dataclass(frozen=True)
class Area:
    """A valid polygon in EPSG:4326 with its size. `rings` are its (longitude, latitude) pairs, the outer one first."""

    polygon: shapely.Polygon
    square_metres: float
    rings: list[list[tuple[float, float]]]

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        return self.polygon.bounds

    @property
    def geojson(self) -> dict[str, Any]:
        """Without going through shapely again, which takes as long as all checks together."""
        return {"type": "Polygon", "coordinates": self.rings}

    @property
    def ewkt(self) -> str:
        return f"SRID=4326;{shapely.to_wkt(self.polygon, rounding_precision=-1)}"


def area_of(geometry: dict[str, Any]) -> Area:
    """BadPolygon for anything but one closed, simple, reasonably small ring set in lon/lat."""
    if geometry.get("type") != "Polygon":
        raise BadPolygon("Only a GeoJSON Polygon can be an area of interest.")
    rings = [_ring(ring) for ring in _list(geometry.get("coordinates"), "coordinates")]
    if not rings or sum(map(len, rings)) > MAX_VERTICES:
        raise BadPolygon(f"A polygon has one ring or more and at most {MAX_VERTICES} vertices.")
    return _measured(shapely.Polygon(rings[0], rings[1:]), rings)


def _ring(ring: Any) -> list[tuple[float, float]]:
    points = [_point(point) for point in _list(ring, "a ring")]
    if len(points) < 4 or points[0] != points[-1]:
        raise BadPolygon("A ring needs at least four positions and must end where it starts.")
    return points


def _point(point: Any) -> tuple[float, float]:
    values = _list(point, "a position")
    if len(values) < 2 or not all(isinstance(v, int | float) and math.isfinite(v) for v in values[:2]):
        raise BadPolygon("A position is two finite numbers: longitude and latitude.")
    if abs(values[0]) > 180 or abs(values[1]) > 90:
        raise BadPolygon("Longitudes lie within ±180 and latitudes within ±90 degrees.")
    return float(values[0]), float(values[1])


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadPolygon(f"{what} must be a list.")
    return list(cast("list[Any]", value))


def _measured(polygon: shapely.Polygon, rings: list[list[tuple[float, float]]]) -> Area:
    if not polygon.is_valid:
        raise BadPolygon(f"The polygon crosses itself or is broken: {shapely.is_valid_reason(polygon)}.")
    size = square_metres(polygon)
    if not 0 < size <= MAX_AREA:
        raise BadPolygon(
            f"An area of interest covers at most {MAX_AREA / 1e6:,.0f} km²; this one {size / 1e6:,.0f} km²."
        )
    return Area(polygon, size, rings)


def square_metres(polygon: shapely.Polygon) -> float:
    """In EPSG:6933 (equal area), two decimals."""
    project = _equal_area()
    flat = shapely.transform(polygon, lambda xy: _stack(project.transform(xy[:, 0], xy[:, 1])))
    return round(flat.area, 2)


@cache
def _equal_area() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(4326, 6933, always_xy=True)


def _stack(columns: tuple[Any, Any]) -> Any:
    import numpy as np

    return np.column_stack(columns)
