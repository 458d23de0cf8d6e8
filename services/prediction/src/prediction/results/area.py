"""Which features belong to an area, by one rule for batch and live predictions.

A feature belongs to the area where the point on its surface (`ST_PointOnSurface`) lies. It is kept whole, so it may
reach beyond the area, and of two neighbouring areas only one has it.
"""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

OUTSIDE = "The feature belongs to the surroundings: the point on its surface lies outside the area."


def belonging(shapes: NDArray[Any], area: shapely.Geometry) -> NDArray[np.bool_]:
    """For each shape; both in EPSG:4326."""
    shapely.prepare(area)
    return shapely.covers(area, shapely.point_on_surface(shapes))
