"""Outlines that touch: no two overlap, walls stay straight where they are cut, and no sliver of ground is between."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, Polygon, STRtree, affinity, box
from shapely.geometry.base import BaseGeometry

from geoml.orthogonalize import main_direction

SLIVER_METRES2 = 1.0
"""Smaller pieces of ground that outlines enclose belong to one of them."""
MAX_LOSS = 0.25
"""Share of an outline that a straight cut may take; beyond, it is cut along the other one."""
CORNER_COST = 0.01
"""Share of an outline that one corner less is worth."""
GRID, EDGE = 1e-3, 1e-6
"""Pixels: precision of filled outlines, and area that counts as none."""


def separate(outlines: Sequence[Polygon], metres_per_pixel: float) -> list[Polygon]:
    """Returns the outlines, in the same order, without overlaps and slivers; empty where nothing is left.

    Of two, the smaller is cut. Coordinates are pixels.
    """
    return _without_slivers(_without_overlaps(outlines), SLIVER_METRES2 / metres_per_pixel**2)


def _without_overlaps(outlines: Sequence[Polygon]) -> list[Polygon]:
    rank = np.argsort(np.argsort([-o.area for o in outlines], kind="stable"))
    result = list(outlines)
    ours, theirs = STRtree(result).query(np.asarray(result, object), predicate="intersects")
    pairs = [(i, j) for i, j in zip(ours.tolist(), theirs.tolist(), strict=True) if rank[j] < rank[i]]
    for i, j in sorted(pairs, key=lambda pair: (rank[pair[0]], rank[pair[1]])):
        for part in shapely.get_parts(result[i].intersection(result[j])):
            if part.area > EDGE:
                result[i] = _cut(result[i], part, result[j])
    return result


def _cut(outline: Polygon, overlap: BaseGeometry, other: Polygon) -> Polygon:
    """Takes a straight strip or a corner off the outline, parallel to its walls: what costs least."""
    angle, corners = main_direction(outline), shapely.get_num_coordinates(outline)
    taken = (affinity.rotate(piece, angle, (0, 0)) for piece in _pieces(outline, overlap, angle))
    left = [part for piece in taken if isinstance(part := outline.difference(piece), Polygon) and not part.is_empty]

    def cost(part: Polygon) -> float:
        return 1 - part.area / outline.area + CORNER_COST * (shapely.get_num_coordinates(part) - corners)

    best = min(left, key=cost, default=Polygon())
    return best if best.area >= (1 - MAX_LOSS) * outline.area else largest(outline.difference(other))


def _pieces(outline: Polygon, overlap: BaseGeometry, angle: float) -> Iterator[Polygon]:
    """Boxes around the overlap that reach one side of the outline, or two; turned so that its walls are upright."""
    x0, y0, x1, y1 = affinity.rotate(overlap, -angle, (0, 0)).buffer(GRID).bounds
    left, low, right, high = affinity.rotate(outline, -angle, (0, 0)).buffer(1).bounds
    for west, east in ((left, x1), (x0, right), (left, right)):
        for south, north in ((low, y1), (y0, high), (low, high)):
            if (west, east, south, north) != (left, right, low, high):
                yield box(west, south, east, north)


def _without_slivers(outlines: Sequence[Polygon], smallest: float) -> list[Polygon]:
    """Ground that outlines enclose goes to the one with the longest wall at it."""
    result = list(outlines)
    tree = STRtree(result)
    for sliver in _slivers(_touching(tree), smallest):
        around = tree.query(sliver, "dwithin", GRID)
        owner = max(around, key=lambda n: sliver.buffer(GRID).intersection(result[n].boundary).length, default=None)
        if owner is not None:
            result[owner] = largest(shapely.union(result[owner], sliver, grid_size=GRID))
    return result


def _touching(tree: STRtree) -> NDArray[np.object_]:
    ours, theirs = tree.query(tree.geometries, "intersects")
    return tree.geometries[np.unique(ours[ours != theirs])]


def _slivers(outlines: NDArray[np.object_], smallest: float) -> list[Polygon]:
    covered = shapely.get_parts(shapely.union_all(outlines))
    holes = [Polygon(ring) for part in covered for ring in part.interiors]
    return [hole for hole in holes if hole.area < smallest]


def largest(geometry: Geometry) -> Polygon:
    """The largest polygon of a geometry; an empty one where it has none."""
    parts = [p for p in shapely.get_parts(shapely.make_valid(geometry)) if p.geom_type == "Polygon"]
    return max(parts, key=lambda p: p.area, default=Polygon())
