"""Buildings as GeoJSON features."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType, Polygon

from geoml.georef import WGS84
from geoml.grid import Grid
from geoml.labels import reproject

DIGITS = 8
CHUNK = 1000


@dataclass(frozen=True)
class Building:
    """`outline` in pixel coordinates of a grid; `confidence` is the mean building probability of its pixels."""

    outline: Polygon
    confidence: float


def collection(grid: Grid, buildings: Sequence[Building], source: str) -> list[dict[str, Any]]:
    """GeoJSON features in EPSG:4326 (outer rings counter-clockwise, coordinates to a millimetre)."""
    parts = (buildings[i : i + CHUNK] for i in range(0, len(buildings), CHUNK))
    return [feature for part in parts for feature in _converted(grid, part, source)]


def _converted(grid: Grid, buildings: Sequence[Building], source: str) -> list[dict[str, Any]]:
    a, _, c, _, e, f = grid.transform[:6]
    projected = shapely.transform(np.asarray([b.outline for b in buildings]), lambda p: p * [a, e] + [c, f])
    outlines = shapely.orient_polygons(_valid(np.asarray(reproject(projected, grid.crs, WGS84))))
    texts = shapely.to_geojson(shapely.transform(outlines, lambda p: p.round(DIGITS)))
    return [_feature(text, b.confidence, source) for text, b in zip(texts, buildings, strict=True)]


def _feature(geometry: str, confidence: float, source: str) -> dict[str, Any]:
    properties = {"class": 1, "label": "building", "confidence": round(confidence, 4), "source": source}
    return {"type": "Feature", "geometry": json.loads(geometry), "properties": properties}


def _valid(outlines: NDArray) -> NDArray:
    """On the grid of the digits that are written, where plain rounding may let a narrow neck touch itself; the largest
    part of those whose neck closes."""
    whole, broken = outlines.copy(), ~shapely.is_valid(outlines)
    whole[broken] = shapely.make_valid(outlines[broken])
    snapped = shapely.set_precision(whole, 10.0**-DIGITS)
    for n in np.flatnonzero((shapely.get_type_id(snapped) != GeometryType.POLYGON) | shapely.is_empty(snapped)):
        parts = [part for part in shapely.get_parts(snapped[n]) if isinstance(part, Polygon)]
        snapped[n] = max(parts, key=lambda part: part.area, default=outlines[n])
    return snapped
