"""Sizes on the ground of surfaces in longitude and latitude."""

from functools import cache
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    import pyproj


def square_metres(surface: shapely.Geometry) -> float:
    """In EPSG:6933 (equal area), two decimals."""
    project = _equal_area()
    flat = shapely.transform(surface, lambda xy: _stack(project.transform(xy[:, 0], xy[:, 1])))
    return round(float(shapely.area(flat)), 2)  # pyright: ignore[reportUnknownMemberType]


@cache
def _equal_area() -> "pyproj.Transformer":
    import pyproj

    return pyproj.Transformer.from_crs(4326, 6933, always_xy=True)


def _stack(columns: tuple[Any, Any]) -> Any:
    import numpy as np

    return np.column_stack(columns)
