"""Right-angle squaring of building outlines."""

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.affinity import rotate

MIN_OVERLAP = 0.87
SHORTEST_WALL = 1.0


def square(polygon: Polygon) -> Polygon:
    """The outline (metres) with every wall along one of two perpendicular directions.

    Several directions are tried and the best fit is taken. A shape that squaring would distort (IoU with the
    original below MIN_OVERLAP: round, slanted, twisted buildings) is given back unchanged.
    """
    tried = [squared for angle in _directions(polygon) if (squared := _squared(polygon, angle))]
    best = max(tried, key=lambda squared: _overlap(polygon, squared), default=polygon)
    return best if _overlap(polygon, best) >= MIN_OVERLAP else polygon


def _directions(polygon: Polygon) -> list[float]:
    """Of the walls as they are, of the walls without small turns, and of the smallest box around all."""
    return [main_direction(p) for p in (polygon, polygon.simplify(SHORTEST_WALL), polygon.minimum_rotated_rectangle)]


def _squared(polygon: Polygon, angle: float) -> Polygon | None:
    centre = polygon.centroid
    upright = rotate(polygon, -angle, origin=centre)
    rings = [_square_ring(np.asarray(ring.coords)) for ring in (upright.exterior, *upright.interiors)]
    if any(ring is None for ring in rings):
        return None
    squared = rotate(Polygon(rings[0], rings[1:]), angle, origin=centre)
    return squared if squared.is_valid else None


def main_direction(polygon: Polygon) -> float:
    """Degrees, modulo 90: the mean direction of the walls, weighted by the square of their length."""
    edges = np.diff(np.asarray(polygon.exterior.coords), axis=0)
    length = np.hypot(edges[:, 0], edges[:, 1])
    fourfold = 4 * np.arctan2(edges[:, 1], edges[:, 0])
    weight = length**2
    return math.degrees(math.atan2((weight * np.sin(fourfold)).sum(), (weight * np.cos(fourfold)).sum()) / 4)


def _square_ring(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Walls of one direction in a row become one line at their weighted mean; corners are where lines cross."""
    runs = _runs(points)
    while len(runs) > 4:
        shortest = min(range(len(runs)), key=lambda i: _span(runs, i))
        if _span(runs, shortest) >= SHORTEST_WALL:
            break
        runs = _without(runs, shortest)
    if len(runs) < 4:
        return None
    corners = [_corner(runs[i - 1], runs[i]) for i in range(len(runs))]
    return np.asarray([*corners, corners[0]])


Run = tuple[bool, float, float]
"""(horizontal, position across, weight)"""


def _runs(points: NDArray[np.float64]) -> list[Run]:
    edges = np.diff(points, axis=0)
    middle = (points[1:] + points[:-1]) / 2
    walls = [
        (abs(dx) >= abs(dy), y if abs(dx) >= abs(dy) else x, math.hypot(dx, dy))
        for (dx, dy), (x, y) in zip(edges, middle, strict=True)
    ]
    return _merge([(bool(h), float(at), float(w)) for h, at, w in walls if w > 0])


def _merge(walls: list[Run]) -> list[Run]:
    """Neighbours of one direction become one; the ring is closed, so the last also meets the first."""
    merged: list[Run] = []
    for wall in walls:
        merged[-1:] = [_mean(merged[-1], wall)] if merged and merged[-1][0] == wall[0] else [*merged[-1:], wall]
    if len(merged) > 1 and merged[0][0] == merged[-1][0]:
        merged[0] = _mean(merged.pop(), merged[0])
    return merged


def _mean(a: Run, b: Run) -> Run:
    weight = a[2] + b[2]
    return a[0], (a[1] * a[2] + b[1] * b[2]) / weight, weight


def _span(runs: list[Run], i: int) -> float:
    """Length of wall i: the distance between the two lines that end it."""
    return abs(runs[i - 1][1] - runs[(i + 1) % len(runs)][1])


def _without(runs: list[Run], i: int) -> list[Run]:
    return _merge([*runs[i + 1 :], *runs[:i]])


def _corner(a: Run, b: Run) -> tuple[float, float]:
    return (b[1], a[1]) if a[0] else (a[1], b[1])


def _overlap(a: Polygon, b: Polygon) -> float:
    return shapely.intersection(a, b).area / shapely.union(a, b).area
