"""Polygons of GeoJSON, read position by position, and the checks that every drawn surface passes."""

import struct
from collections.abc import Iterable
from itertools import chain
from typing import Any, cast

import shapely

from geo.antimeridian import REACH, Surface
from geo.geojson import BadGeometry, is_position, list_of

MAX_VERTICES = 10_000
Position = tuple[float, float]
"""Longitude, latitude."""
Rings = list[list[Position]]


def read_polygons(polygons: Iterable[Any]) -> list[Rings]:
    """Reads the `coordinates` of GeoJSON Polygons in EPSG:4326; longitudes may go on beyond ±180 up to ±540 degrees.

    Raises BadGeometry for a polygon without a ring, a ring that is not closed, and more than `MAX_VERTICES` in all."""
    found = [_rings(polygon) for polygon in polygons]
    if not found or sum(len(ring) for rings in found for ring in rings) > MAX_VERTICES:
        raise BadGeometry(f"A geometry has one polygon or more and at most {MAX_VERTICES} vertices.")
    return found


def polygon_of(rings: Rings) -> shapely.Polygon:
    """Returns the polygon of rings that `read_polygons` has read: a third of what shapely's constructor costs."""
    head = struct.pack("<BII", 1, shapely.GeometryType.POLYGON, len(rings))
    packed = (struct.pack(f"<I{2 * len(ring)}d", len(ring), *chain.from_iterable(ring)) for ring in rings)
    return cast("shapely.Polygon", shapely.from_wkb(b"".join((head, *packed))))


def check_valid(surface: Surface) -> Surface:
    """Returns the surface. Raises BadGeometry where it crosses itself."""
    if not surface.is_valid:
        raise BadGeometry(f"The geometry crosses itself or is broken: {shapely.is_valid_reason(surface)}.")
    return surface


def _rings(polygon: Any) -> Rings:
    rings = [_ring(ring) for ring in list_of(polygon, "A polygon must be a list of rings.")]
    if not rings:
        raise BadGeometry("A polygon has one ring or more.")
    return rings


def _ring(ring: Any) -> list[Position]:
    points = [_position(point) for point in list_of(ring, "A ring must be a list of positions.")]
    if len(points) < 4 or points[0] != points[-1]:
        raise BadGeometry("A ring needs at least four positions and must end where it starts.")
    return points


def _position(value: Any) -> Position:
    if not is_position(value):
        raise BadGeometry("A position is two finite numbers, longitude and latitude; a height may follow.")
    if abs(value[0]) > REACH or abs(value[1]) > 90:
        raise BadGeometry(
            "Longitudes lie within ±180 (an area beyond the antimeridian: within ±540), latitudes within ±90 degrees."
        )
    return float(value[0]), float(value[1])
