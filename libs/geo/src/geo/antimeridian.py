"""Areas that cross the antimeridian, cut there as RFC 7946 (3.1.9, 5.2) says.

Edges are straight in longitude and latitude, as GeoJSON has them; the package `antimeridian` follows great circles,
moves positions that need no cut and leaves parts without area.
"""

# pyright: reportUnknownMemberType=false
# The stubs of shapely leave `**kwargs` without a type.

from collections.abc import Iterator
from typing import cast

import numpy as np
import shapely

from geo.boxes import Box

Surface = shapely.Polygon | shapely.MultiPolygon
DECIMALS = 12
"""Of a longitude that was moved by a turn: 0.1 µm."""
REACH = 540.0
"""Degrees of longitude that a map shows once it was scrolled over the line; what lies beyond is a mistake."""
WORLD = shapely.box(-180, -90, 180, 90)


def split(surface: Surface) -> Surface:
    """The same surface within ±180°: as it is, moved by whole turns, or cut in parts that meet at the line.

    Longitudes may run on beyond ±180. Two neighbours in a ring that lie more than 180 and less than 360 degrees apart
    cross the line. What is not valid after unwrapping is returned uncut, for the caller to refuse. A MultiPolygon that
    is cut already stays as it is.
    """
    if _is_clear(_box(surface)):
        return surface
    polygons = shapely.get_parts(surface).tolist()
    unwrapped = [_unwrapped(polygon) for polygon in polygons]
    if all(one is polygon and _inside(polygon) for one, polygon in zip(unwrapped, polygons, strict=True)):
        return surface
    parts = [part for polygon in unwrapped for part in _cut(polygon)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def box(west: float, south: float, east: float, north: float) -> Surface:
    """The area of a bounding box; two parts where it crosses the line (west > east)."""
    return split(shapely.box(west, south, east + 360 if west > east else east, north))


def bounds(surface: shapely.Geometry) -> Box:
    """The bounding box of what lies within ±180°; west > east where its parts are closer over the line."""
    west, south, east, north = whole = _box(surface)
    if _is_clear(whole):
        return whole
    spans = shapely.bounds(shapely.get_parts(surface))
    eastern, western = spans[spans[:, 0] >= 0], spans[spans[:, 2] <= 0]
    if not len(eastern) or not len(western) or len(eastern) + len(western) < len(spans):
        return whole
    start, end = float(eastern[:, 0].min()), float(western[:, 2].max())
    return (start, south, end, north) if end + 360 - start < east - west else whole


def meets_at_the_line(surface: Surface) -> bool:
    """Whether parts on both sides of the line are one polygon there."""
    parts = shapely.get_parts(surface)
    west, _, east, _ = shapely.bounds(surface)
    if (west, east) != (-180, 180):
        return False
    turn = np.array((360, 0))
    beside = [shapely.transform(one, lambda xy: xy + turn) if one.bounds[2] <= 0 else one for one in parts]
    return isinstance(shapely.union_all(beside), shapely.Polygon)


def _box(geometry: shapely.Geometry) -> Box:
    return cast("Box", tuple(shapely.bounds(geometry).tolist()))


def _is_clear(box: Box) -> bool:
    """Whether what lies in the box can neither cross the line nor be closer over it."""
    west, _, east, _ = box
    return west >= -180 and east <= 180 and east - west <= 180


def _inside(polygon: shapely.Polygon) -> bool:
    west, _, east, _ = polygon.bounds
    return west >= -180 and east <= 180


def _unwrapped(polygon: shapely.Polygon) -> shapely.Polygon:
    """Its longitudes without jumps, holes beside their shell; the same object where there is none."""
    rings = [np.asarray(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]
    turns = [_turns(ring[:, 0]) for ring in rings]
    if not any(turn.any() for turn in turns):
        return polygon
    shell, *holes = [_moved(ring, turn) for ring, turn in zip(rings, turns, strict=True)]
    west, east = shell[:, 0].min(), shell[:, 0].max()
    return shapely.Polygon(shell, [_beside(hole, west, east) for hole in holes])


def _turns(longitudes: np.ndarray) -> np.ndarray:
    """Whole turns to add to each longitude so that neighbours lie beside each other; none for a ring around a pole.

    An edge from -180 to 180 is one of the whole world, or of no length where the ring would not close otherwise.
    """
    steps = np.diff(longitudes, prepend=longitudes[:1])
    far = np.abs(steps)
    for jumps in ((far > 180) & (far < 360), far > 180):
        turns = -np.cumsum(np.where(jumps, np.sign(steps), 0))
        if not turns[-1]:
            return turns
    return np.zeros_like(longitudes)


def _moved(ring: np.ndarray, turns: np.ndarray | float) -> np.ndarray:
    moved = np.where(turns, np.round(ring[:, 0] + 360 * turns, DECIMALS), ring[:, 0])
    return np.column_stack([moved, ring[:, 1]])


def _beside(hole: np.ndarray, west: float, east: float) -> np.ndarray:
    middle = (hole[:, 0].min() + hole[:, 0].max()) / 2
    return _moved(hole, np.ceil((west - middle) / 360) if middle < west else -np.ceil((middle - east) / 360))


def _cut(polygon: shapely.Polygon) -> Iterator[shapely.Polygon]:
    """Its parts of positive area, from west to east, counter-clockwise."""
    if _inside(polygon) or not polygon.is_valid:
        yield polygon
        return
    west, _, east, _ = polygon.bounds
    for turn in range(int(np.floor((west + 180) / 360)), int(np.ceil((east - 180) / 360)) + 1):
        rings = [np.asarray(ring.coords) for ring in (polygon.exterior, *polygon.interiors)]
        shell, *holes = [_moved(ring, float(-turn)) for ring in rings]
        found = shapely.get_parts(shapely.Polygon(shell, holes).intersection(WORLD))
        yield from (shapely.orient_polygons(part) for part in found if isinstance(part, shapely.Polygon) and part.area)
