"""Reads boundaries from a GeoJSON FeatureCollection: coordinate system, columns, outlines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import shapely

from catalog.packages.boundaries.domain import ImportRefused, NewBoundary, check_names, clean_name
from geo.antimeridian import REACH

SKIPPED = "-99"
"""Natural Earth's word for a feature without a name."""
CRS = frozenset({"EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC:1.3:CRS84"})
MAX_VERTICES = 250_000
"""Of one outline: as many as packages are cut by."""
POLYGONAL = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class ReadBoundaries:
    """`skipped`: features without a name of their own."""

    boundaries: list[NewBoundary]
    skipped: int


def read_boundaries(collection: Mapping[str, Any], name_column: str, name_long_column: str) -> ReadBoundaries:
    """Returns the boundaries of a GeoJSON FeatureCollection in the order of the file. Raises ImportRefused."""
    features = _features(collection)
    named = [(_column(feature, name_column, number), feature) for number, feature in enumerate(features)]
    kept = [(name, feature) for name, feature in named if name != SKIPPED]
    found = [_boundary(name, feature, name_long_column) for name, feature in kept]
    check_names(found, [name for name, _ in kept])
    return ReadBoundaries(found, len(named) - len(found))


def _features(collection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    features: Any = collection.get("features")
    if collection.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise ImportRefused("unprocessable", "not_a_collection", "The file is not a GeoJSON FeatureCollection.")
    crs: Any = collection.get("crs")
    named: Any = crs.get("properties") if isinstance(crs, dict) else None
    if crs is not None and (named.get("name") if isinstance(named, dict) else None) not in CRS:
        raise ImportRefused("invalid", "wrong_crs", "Boundaries are imported in EPSG:4326. Transform the file first.")
    return [feature if isinstance(feature, dict) else {} for feature in features]


def _column(feature: Mapping[str, Any], column: str, number: int) -> str:
    properties: Any = feature.get("properties")
    value: Any = properties.get(column) if isinstance(properties, dict) else None
    if value is None:
        raise ImportRefused("invalid", "missing_column", f"Feature {number} of the file has no column {column!r}.")
    return str(value)


def _boundary(name: str, feature: Mapping[str, Any], name_long_column: str) -> NewBoundary:
    properties: Any = feature["properties"]
    name_long: Any = properties.get(name_long_column)
    if name_long is None:
        raise ImportRefused("invalid", "missing_column", f"{name} has no column {name_long_column!r}.")
    return NewBoundary(clean_name(name), str(name_long), _outline(name, feature.get("geometry")))


def _outline(name: str, geometry: Any) -> shapely.MultiPolygon:
    kind: Any = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in POLYGONAL:
        text = f"A boundary is a Polygon or a MultiPolygon, not {kind!r:.60}"
        raise ImportRefused("unprocessable", "wrong_geometry", text, [name])
    try:
        found: Any = shapely.force_2d(shapely.from_geojson(orjson.dumps(geometry)))
    except (shapely.GEOSException, orjson.JSONEncodeError) as error:
        raise ImportRefused("unprocessable", "wrong_geometry", "The outline cannot be read", [name]) from error
    outline = found if isinstance(found, shapely.MultiPolygon) else shapely.MultiPolygon([found])
    _check_outline(name, outline)
    return outline


def _check_outline(name: str, outline: shapely.MultiPolygon) -> None:
    problem, (west, south, east, north) = "", outline.bounds
    if outline.is_empty:
        problem = "The outline is empty"
    elif not (max(abs(west), abs(east)) <= REACH and max(abs(south), abs(north)) <= 90):
        problem = "The outline is not in degrees of longitude and latitude"
    elif shapely.get_num_coordinates(outline) > MAX_VERTICES:
        problem = f"The outline has more than {MAX_VERTICES:,} vertices"
    if problem:
        raise ImportRefused("unprocessable", "wrong_geometry", problem, [name])
