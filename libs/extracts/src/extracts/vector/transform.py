"""Features of other coordinate systems in longitude and latitude."""

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from extracts.outline import Box
from extracts.vector.layer import Batch

WGS84 = "EPSG:4326"
EDGES = 21
"""Points on each edge of a box that is taken over."""


def is_degrees(crs: str) -> bool:
    return crs in (WGS84, "OGC:CRS84") or _crs(crs) == _crs(WGS84)


def box_in(crs: str, box: Box) -> Box:
    """Bounds of a box of degrees in another coordinate system."""
    if is_degrees(crs):
        return box
    return _transformer(WGS84, crs).transform_bounds(*box, densify_pts=EDGES)


def to_degrees(batch: Batch, crs: str) -> Batch:
    """The same batch where it is in degrees already."""
    if is_degrees(crs):
        return batch
    move = _transformer(crs, WGS84)

    def moved(positions: np.ndarray) -> np.ndarray:
        return np.column_stack([*move.transform(positions[:, 0], positions[:, 1]), positions[:, 2:]])

    shapes = batch.shapes()
    there = ~shapely.is_missing(shapes)
    shapes[there] = shapely.transform(shapes[there], moved, include_z=bool(shapely.has_z(shapes[there]).any()))
    return Batch(pa.array(shapely.to_wkb(shapes), pa.binary()), batch.attributes)


@lru_cache(maxsize=16)
def _crs(text: str) -> pyproj.CRS:
    return pyproj.CRS.from_user_input(text)


@lru_cache(maxsize=16)
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)
