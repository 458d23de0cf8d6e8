"""From instance masks to regularized building outlines."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import shapes
from shapely import Polygon

from geoml.adjacency import largest
from geoml.orthogonalize import MIN_IOU, orthogonalize


@dataclass(frozen=True)
class PolygonizeOptions:
    """How outlines are regularized."""

    min_area: float = 3.0
    """square metres; smaller buildings are dropped"""
    max_hole: float = 4.0
    """square metres; smaller holes are filled"""
    tolerance: float = 0.3
    """metres, of the Douglas-Peucker simplification"""
    right_angles: bool = True
    """orthogonalize walls"""
    squareness: float = MIN_IOU
    """IoU that an orthogonalized outline has at least with the traced one; below, the traced one is kept"""


def polygonize_instances(instances: NDArray[np.int32]) -> dict[int, Polygon]:
    """Returns the pixel outline of each instance of a mask [height, width], in (column, row) coordinates.

    Of an instance in several pieces, the largest is returned. 0 is background.
    """
    found: dict[int, Polygon] = {}
    for geometry, number in shapes(instances, mask=instances > 0, connectivity=4):
        polygon = Polygon(geometry["coordinates"][0], geometry["coordinates"][1:])
        if polygon.area > (found[int(number)].area if int(number) in found else 0):
            found[int(number)] = polygon
    return found


def regularize(outline: Polygon, metres_per_pixel: float, options: PolygonizeOptions) -> Polygon | None:
    """Simplifies a pixel outline, fills small holes and orthogonalizes its walls.

    Returns pixel coordinates, or None when the building is smaller than `min_area`.
    """
    scaled = shapely.transform(outline, lambda p: p * metres_per_pixel)
    if scaled.area < options.min_area:
        return None
    kept = [ring for ring in scaled.interiors if Polygon(ring).area > options.max_hole]
    straight = largest(Polygon(scaled.exterior, kept).simplify(options.tolerance))
    shaped = orthogonalize(straight, options.squareness) if options.right_angles else straight
    return shapely.transform(shaped, lambda p: p / metres_per_pixel)
