"""Moves labels to where the imagery shows them: `offset` metres east and north of their position on the map."""

import math
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geo.measure import RADIUS

DEGREE = math.pi * RADIUS / 180
"""Metres per degree of latitude on the sphere of web maps."""
Offset = tuple[float, float]


def move(geometry: BaseGeometry, offset: Offset) -> BaseGeometry:
    """Returns the geometry (EPSG:4326) moved by `offset` metres. Each vertex is moved at its own latitude, so that
    geometries that touched still touch."""
    east, north = offset

    def shift(positions: Any) -> Any:
        per_degree = DEGREE * np.cos(np.radians(positions[:, 1]))
        return positions + np.column_stack([east / per_degree, np.full(len(positions), north / DEGREE)])

    return shapely.transform(geometry, shift)


def reverse(offset: Offset) -> Offset:
    return -offset[0], -offset[1]
