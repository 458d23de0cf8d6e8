"""Buildings as GeoJSON features."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry import polygon

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
    outlines = reproject(projected, grid.crs, WGS84)
    return [_feature(o, b.confidence, source) for o, b in zip(outlines, buildings, strict=True)]


def _feature(outline: Polygon, confidence: float, source: str) -> dict[str, Any]:
    rounded = shapely.transform(polygon.orient(_valid(outline)), lambda p: p.round(DIGITS))
    properties = {"class": 1, "label": "building", "confidence": round(confidence, 4), "source": source}
    return {"type": "Feature", "geometry": json.loads(shapely.to_geojson(rounded)), "properties": properties}


def _valid(outline: Polygon) -> Polygon:
    """On the grid of the digits that are written, where plain rounding may let a narrow neck touch itself; its largest
    part when the neck closes."""
    whole = outline if outline.is_valid else shapely.make_valid(outline)
    parts = shapely.get_parts(shapely.set_precision(whole, 10.0**-DIGITS))
    return max((part for part in parts if isinstance(part, Polygon)), key=lambda part: part.area, default=outline)
