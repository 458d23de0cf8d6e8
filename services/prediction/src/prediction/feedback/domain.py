"""What feedback may point at: any GeoJSON geometry in longitude and latitude. Plain Python, so that the idle service
needs no geometry library; PostGIS reads it afterwards."""

import math
from collections.abc import Iterator
from typing import Any, cast

MAX_POSITIONS = 10_000
_DEPTH = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_FEWEST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}
Position = list[Any]


class BadGeometry(ValueError):
    """Words for the person who drew it."""


def check(geometry: dict[str, Any]) -> None:
    """BadGeometry for what is no GeoJSON geometry, lies outside the world or is too large."""
    parts = _list(geometry.get("geometries")) if geometry.get("type") == "GeometryCollection" else [geometry]
    if not parts:
        raise BadGeometry("A collection of geometries has at least one.")
    if sum(_positions(part) for part in parts) > MAX_POSITIONS:
        raise BadGeometry(f"A geometry has at most {MAX_POSITIONS} positions.")


def _positions(geometry: Any) -> int:
    kind = cast("dict[str, Any]", geometry).get("type") if isinstance(geometry, dict) else None
    if kind not in _DEPTH:
        raise BadGeometry("Not a GeoJSON geometry.")
    lines = list(_lines(cast("dict[str, Any]", geometry).get("coordinates"), _DEPTH[kind]))
    for line in lines:
        _check_line(line, kind)
    return sum(map(len, lines))


def _lines(coordinates: Any, depth: int) -> Iterator[list[Position]]:
    """The lists of positions, whatever they are nested in."""
    if depth == 0:
        yield [coordinates]
    elif depth == 1:
        yield _list(coordinates)
    else:
        parts = _list(coordinates)
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
    values = _list(position)[:2]
    if len(values) < 2 or not all(_finite(value) for value in values):
        raise BadGeometry("A position is two finite numbers: longitude and latitude.")
    if abs(values[0]) > 180 or abs(values[1]) > 90:
        raise BadGeometry("Longitudes lie within ±180 and latitudes within ±90 degrees.")


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadGeometry("Coordinates are lists of numbers.")
    return list(cast("list[Any]", value))
