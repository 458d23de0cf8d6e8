"""Geometries of features as the results hold them: flat, valid, wound as RFC 7946 says."""

from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

HEIGHT = "Its heights were left out: results are flat."
REPAIRED = "Its outline crossed or touched itself and was repaired."
NOTHING = "It has no valid geometry."
Geometry = dict[str, Any] | None


def shape_of(geometry: Geometry) -> shapely.Geometry | None:
    """None for what has too few positions, and without a geometry. `geometry` is flat."""
    return None if geometry is None else shapely.from_geojson(orjson.dumps(geometry), on_invalid="ignore")


def flat(geometry: Geometry) -> Geometry:
    """The same object where every position is two numbers."""
    if geometry is None or not _is_deep(geometry["coordinates"]):
        return geometry
    return {"type": geometry["type"], "coordinates": _positions(geometry["coordinates"])}


def _is_deep(value: Any) -> bool:
    return any(map(_is_deep, value)) if isinstance(value[0], list | tuple) else len(value) > 2


def _positions(value: Any) -> Any:
    return [_positions(part) for part in value] if isinstance(value[0], list | tuple) else value[:2]


def repaired(shapes: NDArray[Any]) -> NDArray[Any]:
    """Valid shapes of the same dimension, empty where nothing of it is left; exterior rings are counter-clockwise."""
    whole = shapes.copy()
    for number in np.flatnonzero(~shapely.is_valid(shapes)):
        whole[number] = _repaired_shape(shapes[number])
    return shapely.orient_polygons(whole)


def _repaired_shape(shape: shapely.Geometry | None) -> shapely.Geometry:
    """Without the parts of a lower dimension that a repair may leave behind."""
    if shape is None:
        return shapely.Polygon()
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape, method="structure", keep_collapsed=False)))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == shapely.get_dimensions(shape)])


def is_as_it_was(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether the positions and their order are the same."""
    return shapely.equals_exact(before, after, tolerance=0.0)


def geometry_of(shape: shapely.Geometry) -> dict[str, Any]:
    return orjson.loads(shapely.to_geojson(shape))
