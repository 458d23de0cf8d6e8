"""Buildings converted to GeoJSON features."""

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
"""Decimals of a coordinate: about 1 mm."""
CHUNK = 1000
OSM_TAGS = {"building": "yes"}
"""The OpenStreetMap tags of a feature; its other properties are Fairway's own."""


@dataclass(frozen=True)
class Building:
    """`outline` is in pixels of a grid; `confidence`, 0…1, is the mean building probability of its pixels, calibrated
    where the model has a calibration: the probability that the outline matches a building."""

    outline: Polygon
    confidence: float


def building_features(grid: Grid, buildings: Sequence[Building], source: str) -> list[dict[str, Any]]:
    """Returns GeoJSON features in EPSG:4326, outer rings counter-clockwise (RFC 7946, 3.1.6), rounded to DIGITS."""
    parts = (buildings[i : i + CHUNK] for i in range(0, len(buildings), CHUNK))
    return [feature for part in parts for feature in _converted(grid, part, source)]


def _converted(grid: Grid, buildings: Sequence[Building], source: str) -> list[dict[str, Any]]:
    a, _, c, _, e, f = grid.transform[:6]
    projected = shapely.transform(np.asarray([b.outline for b in buildings]), lambda p: p * [a, e] + [c, f])
    outlines = shapely.orient_polygons(_valid(np.asarray(reproject(projected, grid.crs, WGS84))))
    texts = shapely.to_geojson(shapely.transform(outlines, lambda p: p.round(DIGITS)))
    return [_feature(text, b.confidence, source) for text, b in zip(texts, buildings, strict=True)]


def _feature(geometry: str, confidence: float, source: str) -> dict[str, Any]:
    own = {"class": 1, "label": "building", "confidence": round(confidence, 4), "source": source}
    return {"type": "Feature", "geometry": json.loads(geometry), "properties": own | OSM_TAGS}


def _valid(outlines: NDArray) -> NDArray:
    """Snaps outlines to the written precision and keeps them valid.

    Plain rounding may close a narrow neck of an outline; the largest part is kept then.
    """
    whole, broken = outlines.copy(), ~shapely.is_valid(outlines)
    whole[broken] = shapely.make_valid(outlines[broken])
    snapped = shapely.set_precision(whole, 10.0**-DIGITS)
    for n in np.flatnonzero((shapely.get_type_id(snapped) != GeometryType.POLYGON) | shapely.is_empty(snapped)):
        parts = [part for part in shapely.get_parts(snapped[n]) if isinstance(part, Polygon)]
        snapped[n] = max(parts, key=lambda part: part.area, default=outlines[n])
    return snapped
