"""Orthogonalization of building outlines: walls become parallel or perpendicular to each other."""

import math
from collections.abc import Iterator
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

MIN_IOU = 0.8
"""Of the result with the original; below, the original is kept."""
MIN_WALLS_METRES = (1.0, 2.0, 4.0)
"""Shorter walls are left out: each of these is tried, as what a model sees of a house has bumps."""
CORNER_COST = 0.012
"""The IoU that one corner more must bring."""
ROUND = 0.9
"""Area over that of the circle of the same perimeter, from which an outline is round; a square has 0.79."""
CLOSE = 0.95
"""IoU of a rectangle with the outline, from which no other direction is tried."""
SAME_DIRECTION = 0.5
"""Degrees"""
Run = tuple[bool, float, float]
"""(horizontal, position across, weight)"""


def orthogonalize(polygon: Polygon, min_iou: float = MIN_IOU) -> Polygon:
    """Returns the outline with every wall along one of two perpendicular directions. Coordinates are metres.

    Several directions and lengths of the shortest wall are tried; the result with the highest IoU is returned, where
    fewer corners make up for a little of it. A shape that would be distorted (round, or an IoU below `min_iou`:
    slanted or twisted buildings) is returned unchanged.
    """
    if _is_round(polygon):
        return polygon
    rated = [(one, iou) for one, iou in _candidates(polygon) if iou >= min_iou]
    best, _ = max(rated, key=lambda pair: pair[1] - CORNER_COST * _corners(pair[0]), default=(polygon, 1.0))
    return best


def _is_round(polygon: Polygon) -> bool:
    return 4 * math.pi * polygon.area >= ROUND * polygon.length**2


def _candidates(polygon: Polygon) -> Iterator[tuple[Polygon, float]]:
    """With their IoU. A rectangle has no walls to leave out."""
    for angle in _directions(polygon):
        for found in _orthogonalized(polygon, angle):
            iou, is_rectangle = _iou(polygon, found), _corners(found) == 4
            yield found, iou
            if is_rectangle and iou >= CLOSE:
                return
            if is_rectangle:
                break


def _corners(polygon: Polygon) -> int:
    return int(shapely.get_num_coordinates(polygon)) - 1 - len(polygon.interiors)


def _directions(polygon: Polygon) -> list[float]:
    """The main directions of the walls, of the simplified walls, and of the minimum rotated rectangle, degrees.

    Each only once: most buildings are simple, and their three directions are one.
    """
    shapes = (polygon, polygon.simplify(MIN_WALLS_METRES[0]), polygon.minimum_rotated_rectangle)
    found: list[float] = []
    for angle in (main_direction(cast("Polygon", shape)) for shape in shapes):
        if all(abs((angle - other + 45) % 90 - 45) > SAME_DIRECTION for other in found):
            found.append(angle)
    return found


def _orthogonalized(polygon: Polygon, angle: float) -> Iterator[Polygon]:
    """With more and more walls left out."""
    turn = math.radians(angle)
    upright = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    centre = shapely.get_coordinates(polygon.centroid)[0]
    rings = [shapely.get_coordinates(ring) for ring in (polygon.exterior, *polygon.interiors)]
    walls, before = [_runs((ring - centre) @ upright) for ring in rings], None
    for min_wall in MIN_WALLS_METRES:
        walls = [_without_short(runs, min_wall) for runs in walls]
        if walls != before and all(len(runs) >= 4 for runs in walls):
            outer, *holes = (_ring(runs) @ upright.T + centre for runs in walls)
            if (turned := Polygon(outer, holes)).is_valid:
                yield turned
        before = walls


def main_direction(polygon: Polygon) -> float:
    """Returns the mean direction of the walls in degrees, modulo 90, weighted by the square of their length.

    Directions are averaged on the circle after multiplying them by 4, so that perpendicular walls agree
    (circular mean of axial data: Mardia and Jupp, "Directional Statistics", 2000).
    """
    corners = shapely.get_coordinates(polygon.exterior)
    edges = corners[1:] - corners[:-1]
    length = np.hypot(edges[:, 0], edges[:, 1])
    fourfold = 4 * np.arctan2(edges[:, 1], edges[:, 0])
    weight = length**2
    return math.degrees(math.atan2((weight * np.sin(fourfold)).sum(), (weight * np.cos(fourfold)).sum()) / 4)


def _ring(runs: list[Run]) -> NDArray[np.float64]:
    """Corners are where walls cross."""
    corners = [_corner(runs[i - 1], runs[i]) for i in range(len(runs))]
    return np.asarray([*corners, corners[0]])


def _without_short(runs: list[Run], min_wall: float) -> list[Run]:
    """Walls of one direction between which there is none left become one, at their weighted mean."""
    while len(runs) > 4:
        shortest = min(range(len(runs)), key=lambda i: _span(runs, i))
        if _span(runs, shortest) >= min_wall:
            break
        runs = _without(runs, shortest)
    return runs


def _runs(points: NDArray[np.float64]) -> list[Run]:
    edges, middle = (points[1:] - points[:-1]).tolist(), ((points[1:] + points[:-1]) / 2).tolist()
    walls = [
        (abs(dx) >= abs(dy), y if abs(dx) >= abs(dy) else x, math.hypot(dx, dy))
        for (dx, dy), (x, y) in zip(edges, middle, strict=True)
    ]
    return _merge([wall for wall in walls if wall[2] > 0])


def _merge(walls: list[Run]) -> list[Run]:
    """Consecutive walls of one direction become one; the ring is closed, so the last also meets the first."""
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
    """The length of wall i: the distance between the two walls that end it."""
    return abs(runs[i - 1][1] - runs[(i + 1) % len(runs)][1])


def _without(runs: list[Run], i: int) -> list[Run]:
    return _merge([*runs[i + 1 :], *runs[:i]])


def _corner(a: Run, b: Run) -> tuple[float, float]:
    return (b[1], a[1]) if a[0] else (a[1], b[1])


def _iou(a: Polygon, b: Polygon) -> float:
    shared = shapely.intersection(a, b).area
    return shared / (a.area + b.area - shared)
