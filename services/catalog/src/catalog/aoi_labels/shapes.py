"""Reads geometries of labels: GeoJSON in EPSG:4326."""

import json
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

from catalog.aoi_labels.domain import BadLabel
from catalog.shared.outcomes import REPAIRED
from geo.geojson import foreign_crs
from geo.parts import parts_of_dimension

MAX_VERTICES = 10_000
FLATTENED = "Heights and other further numbers of its vertices were dropped."
NO_GEOJSON = "This is no GeoJSON geometry."
NO_DEGREES = "Its coordinates are not degrees; the file is in a projection. Save it in EPSG:4326 (WGS 84)."
SWAPPED = "Its latitude and longitude seem to be swapped: GeoJSON writes the longitude first."
BEYOND = "Longitudes lie within ±180 and latitudes within ±90 degrees."
COLLAPSED = "Its outline encloses no surface, or its line has no length."


def geometry_of(value: Any) -> BaseGeometry:
    """Returns a valid geometry within the limits, unchanged. Raises BadLabel otherwise."""
    geometry, _ = _read(value)
    if not geometry.is_valid:
        raise BadLabel("geometry", f"The geometry is broken: {shapely.is_valid_reason(geometry)}.")
    return geometry


def repaired_geometry_of(value: Any) -> tuple[BaseGeometry, list[str]]:
    """Returns the geometry, repaired where it is invalid, and texts about the changes. Of a repaired polygon the
    parts with a surface are kept, of a line those with a length. Raises BadLabel when nothing is left."""
    geometry, altered = _read(value)
    if geometry.is_valid:
        return geometry, altered
    kept = parts_of_dimension(shapely.make_valid(geometry), int(shapely.get_dimensions(geometry)))
    if kept is None:
        raise BadLabel("geometry", COLLAPSED)
    return kept, [*altered, REPAIRED]


def _read(value: Any) -> tuple[BaseGeometry, list[str]]:
    """Returns a two-dimensional geometry within the limits, which may be invalid."""
    if not isinstance(value, dict) or not {"coordinates", "geometries"} & cast(dict[str, Any], value).keys():
        raise BadLabel("geometry", NO_GEOJSON if value is not None else "The feature has no geometry.")
    if foreign := foreign_crs(cast(dict[str, Any], value)):
        raise BadLabel("geometry", f"It is in {foreign}. Save it in EPSG:4326 (WGS 84).")
    geometry, altered = _parsed(value)
    if geometry.has_z:
        geometry, altered = shapely.force_2d(geometry), [FLATTENED]
    vertices = shapely.get_num_coordinates(geometry)  # pyright: ignore[reportUnknownMemberType]
    if not 0 < vertices <= MAX_VERTICES:
        raise BadLabel("geometry", f"A label has between 1 and {MAX_VERTICES} vertices.")
    if problem := _misplaced(*geometry.bounds):
        raise BadLabel("geometry", problem)
    return geometry, altered


def _parsed(value: Any) -> tuple[BaseGeometry, list[str]]:
    """GEOS accepts positions of two or three numbers. Of longer ones only the first two are read."""
    try:
        return _geos(value), []
    except (shapely.errors.ShapelyError, ValueError, TypeError) as problem:
        if "more than three" not in str(problem):
            raise BadLabel("geometry", NO_GEOJSON) from problem
    try:
        return _geos(_two_numbers(value)), [FLATTENED]
    except (shapely.errors.ShapelyError, ValueError, TypeError) as problem:
        raise BadLabel("geometry", NO_GEOJSON) from problem


def _geos(value: Any) -> BaseGeometry:
    return shapely.from_geojson(json.dumps(value, allow_nan=False))  # pyright: ignore[reportUnknownMemberType]


def _two_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _two_numbers(inner) for key, inner in cast(dict[str, Any], value).items()}
    if not isinstance(value, list):
        return value
    items = cast(list[Any], value)
    is_position = len(items) > 2 and all(isinstance(one, int | float) for one in items)
    return items[:2] if is_position else [_two_numbers(one) for one in items]


def _misplaced(west: float, south: float, east: float, north: float) -> str:
    """Returns why these bounds are outside the world; empty when they are inside."""
    longest, highest = max(abs(west), abs(east)), max(abs(south), abs(north))
    if longest <= 180 and highest <= 90:
        return ""
    if longest > 360 or highest > 360:
        return NO_DEGREES
    return SWAPPED if longest <= 90 and highest <= 180 else BEYOND
