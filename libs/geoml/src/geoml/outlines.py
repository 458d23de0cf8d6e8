"""From numbered pixels to clean outlines."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely import Geometry, Polygon, STRtree

from geoml.squaring import square


@dataclass(frozen=True)
class Style:
    """What a clean outline is; areas and tolerances in true metres."""

    min_area: float = 3.0
    max_hole: float = 4.0
    tolerance: float = 0.3
    right_angles: bool = True


def trace(instances: NDArray[np.int32]) -> dict[int, Polygon]:
    """The pixel outline of each instance, (column, row) coordinates; of an instance in pieces, the largest."""
    found: dict[int, Polygon] = {}
    for geometry, number in shapes(instances, mask=instances > 0, connectivity=4):
        polygon = Polygon(geometry["coordinates"][0], geometry["coordinates"][1:])
        if polygon.area > (found[int(number)].area if int(number) in found else 0):
            found[int(number)] = polygon
    return found


def clean(outline: Polygon, metres: float, style: Style) -> Polygon | None:
    """A pixel outline without stairs, specks and pin-holes, still in pixel coordinates; None when it is a speck."""
    scaled = shapely.transform(outline, lambda p: p * metres)
    if scaled.area < style.min_area:
        return None
    kept = [ring for ring in scaled.interiors if Polygon(ring).area > style.max_hole]
    straight = _largest(Polygon(scaled.exterior, kept).simplify(style.tolerance))
    shaped = square(straight) if style.right_angles else straight
    return shapely.transform(shaped, lambda p: p / metres)


def without_overlaps(outlines: Sequence[Polygon]) -> list[Polygon]:
    """Squaring moves walls a little; where two outlines then overlap, the smaller gives way."""
    rank = np.argsort(np.argsort([-o.area for o in outlines], kind="stable"))
    result = list(outlines)
    ours, theirs = STRtree(result).query(np.asarray(result, object), predicate="intersects")
    pairs = [(i, j) for i, j in zip(ours.tolist(), theirs.tolist(), strict=True) if rank[j] < rank[i]]
    for i, j in sorted(pairs, key=lambda pair: (rank[pair[0]], pair[1])):
        if result[i].intersection(result[j]).area > 0:
            result[i] = _largest(result[i].difference(result[j]))
    return result


def _largest(geometry: Geometry) -> Polygon:
    parts = [p for p in shapely.get_parts(shapely.make_valid(geometry)) if p.geom_type == "Polygon"]
    return max(parts, key=lambda p: p.area, default=Polygon())
