"""Sizes on the ground of surfaces in longitude and latitude."""

import math
from typing import Any

import numpy as np
import shapely

RADIUS = 6_378_137.0
"""Semi-major axis of WGS 84 in metres."""
FLATTENING = 1 / 298.257_223_563
E2 = FLATTENING * (2 - FLATTENING)
E = math.sqrt(E2)
SCALE = math.cos(math.radians(30)) / math.sqrt(1 - E2 * math.sin(math.radians(30)) ** 2)
"""On the equator, of the cylinder that is true to length at 30° (EPSG:6933)."""


FEW = 100
"""Vertices up to which a loop is quicker than arrays: five cost a seventh."""
Points = list[list[float]]


def square_metres(surface: shapely.Geometry) -> float:
    """Returns the size of a surface in EPSG:4326 in square metres, in EPSG:6933 (equal area), with two decimals.

    Lambert's cylindrical equal-area projection of the ellipsoid (Snyder, "Map Projections", 1987, eq. 3-12, 10-14 and
    10-15). pyproj gives the same to 1e-9, for 6 MB and 0.1 s of loading in each process that checks an area.
    """
    if _is_plain(surface):
        points: Points = shapely.get_coordinates(surface).tolist()  # pyright: ignore[reportUnknownMemberType]
        return round(_of_ring(points), 2)
    flat = shapely.transform(surface, _equal_area)
    return round(float(shapely.area(flat)), 2)  # pyright: ignore[reportUnknownMemberType]


def _is_plain(surface: shapely.Geometry) -> bool:
    if not isinstance(surface, shapely.Polygon):
        return False
    holes: Any = shapely.get_num_interior_rings(surface)  # pyright: ignore[reportUnknownMemberType]
    vertices: Any = shapely.get_num_coordinates(surface)  # pyright: ignore[reportUnknownMemberType]
    return not holes and bool(vertices <= FEW)


def _of_ring(points: Points) -> float:
    """The sum of trapezoids under the edges, seen from the first vertex."""
    (x0, y0), double = points[0], 0.0
    before_x, before_y = 0.0, 0.0
    y0 = _authalic(math.sin(math.radians(y0)), math.atanh)
    for longitude, latitude in points[1:]:
        x, y = longitude - x0, _authalic(math.sin(math.radians(latitude)), math.atanh) - y0
        double += before_x * y - x * before_y
        before_x, before_y = x, y
    return abs(double) * math.radians(1) * RADIUS * RADIUS / 4


def _equal_area(points: Any) -> Any:
    radians = np.radians(points)
    authalic = _authalic(np.sin(radians[:, 1]), np.arctanh)
    return np.column_stack([RADIUS * SCALE * radians[:, 0], RADIUS / (2 * SCALE) * authalic])


def _authalic(sine: Any, arctanh: Any) -> Any:
    return (1 - E2) * (sine / (1 - E2 * sine * sine) + arctanh(E * sine) / E)
