"""Reads GeoJSON geometries of clients strictly (RFC 7946). Plain Python: idle services need no geometry library; GEOS
and PostGIS can read what passes here."""

import math
import re
from collections.abc import Iterator
from typing import Any, cast

MAX_POSITIONS = 10_000
MAX_NUMBERS = 4
"""Numbers of a position: longitude, latitude, height, measure."""
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_FEWEST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}
_LONGITUDE_LATITUDE = re.compile(r"(crs:?84h?|(epsg:+|/epsg/)([\d.]+[:/])?4326|4326|wgs ?84)$", re.IGNORECASE)
Position = list[Any]


class BadGeometry(ValueError):
    """The message is a sentence for the person who drew the geometry."""


def plain_geometry(value: Any) -> dict[str, Any]:
    """Returns the geometry with only the members that define it, since PostGIS fails at some others. Coordinates are
    longitude and latitude in degrees (EPSG:4326). Raises BadGeometry when `value` is no geometry, is projected, lies
    outside the world or has more than `MAX_POSITIONS` positions."""
    members = _members(value)
    collected = members.get("type") == "GeometryCollection"
    found = list_of(members.get("geometries")) if collected else [value]
    for one in [value, *found]:
        check_degrees(_members(one))
    parts = [_simple(_members(one)) for one in found]
    if not parts:
        raise BadGeometry("A collection of geometries has at least one.")
    if sum(count for _, count in parts) > MAX_POSITIONS:
        raise BadGeometry(f"A geometry has at most {MAX_POSITIONS} positions.")
    shapes = [shape for shape, _ in parts]
    return {"type": "GeometryCollection", "geometries": shapes} if collected else shapes[0]


def foreign_crs(members: dict[str, Any]) -> str:
    """Returns the name of the coordinate system in the member `crs` (GeoJSON 2008). Empty when it is longitude and
    latitude of WGS 84, and when there is no such member, as in all newer files."""
    crs = members.get("crs")
    if not crs:
        return ""
    properties = _members(crs).get("properties")
    named = [str(value) for key in ("name", "code", "href") if (value := _members(properties).get(key))]
    name = "".join(c for c in (named or ["an unnamed projection"])[0].strip()[:100] if c.isprintable())
    return "" if _LONGITUDE_LATITUDE.search(name) else name


def is_position(value: Any) -> bool:
    """Whether the value is a list of at least two finite numbers."""
    if not isinstance(value, list | tuple):
        return False
    members = cast("list[Any]", value)
    return len(members) > 1 and all(map(_is_finite, members))


def check_degrees(members: dict[str, Any]) -> None:
    """Raises BadGeometry where the member `crs` names a projection."""
    if foreign := foreign_crs(members):
        raise BadGeometry(f"It is in {foreign}. Send longitude and latitude in EPSG:4326 (WGS 84).")


def _members(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _simple(part: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Returns a geometry that is no collection, and its number of positions."""
    kind, coordinates = part.get("type"), part.get("coordinates")
    if not isinstance(kind, str) or kind not in _DEPTH:
        raise BadGeometry("Not a GeoJSON geometry.")
    lines = list(_lines(coordinates, _DEPTH[kind]))
    for line in lines:
        _check_line(line, kind)
    return {"type": kind, "coordinates": coordinates}, sum(map(len, lines))


def _lines(coordinates: Any, depth: int) -> Iterator[list[Position]]:
    """Yields the lists of positions, at whatever depth they are nested."""
    if depth == 0:
        yield [coordinates]
    elif depth == 1:
        yield list_of(coordinates)
    else:
        parts = list_of(coordinates)
        if not parts:
            raise BadGeometry("A geometry must not be empty.")
        for part in parts:
            yield from _lines(part, depth - 1)


def _check_line(line: list[Position], kind: str) -> None:
    for position in line:
        _check_position(position)
    if len(line) < _FEWEST.get(kind, 1):
        raise BadGeometry(f"Too few positions for a {kind}.")
    if "Polygon" in kind and line[0] != line[-1]:
        raise BadGeometry("A ring must end where it starts.")


def _check_position(position: Any) -> None:
    if not is_position(position) or len(position) > MAX_NUMBERS:
        raise BadGeometry("A position is two finite numbers, longitude and latitude; a height may follow.")
    if abs(position[0]) > 180 or abs(position[1]) > 90:
        raise BadGeometry("Longitudes lie within ±180 and latitudes within ±90 degrees.")


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def list_of(value: Any, problem: str = "Coordinates are lists of numbers.") -> list[Any]:
    """Raises BadGeometry with that text for anything but a list."""
    if not isinstance(value, list | tuple):
        raise BadGeometry(problem)
    return list(cast("list[Any]", value))
