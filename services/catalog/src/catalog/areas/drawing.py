"""Finds the polygon in a GeoJSON Feature, collection or multi-geometry."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from geo.geojson import BadGeometry, check_degrees, list_of

Rings = list[Any]
"""Coordinates of a GeoJSON Polygon, not checked yet."""
MAX_DEPTH = 8
"""Maximum depth of nesting."""


def polygons_of(drawn: Any) -> list[Rings]:
    """Returns the polygons of a GeoJSON geometry, Feature or FeatureCollection; closed lines are polygons (JOSM).

    Raises BadGeometry when it has no polygon, or other geometries beside it.
    """
    found = list(_parts(drawn, MAX_DEPTH))
    others = Counter(kind for kind, rings in found if rings is None)
    polygons = [rings for _, rings in found if rings is not None]
    if others or not polygons:
        raise BadGeometry(f"Only a GeoJSON Polygon can be an area of interest; this is {_named(others, polygons)}.")
    return polygons


def several_polygons(count: int) -> BadGeometry:
    return BadGeometry(
        f"An area of interest is one polygon; this has {count}. Send each polygon as an area of its own, or join them "
        "to one polygon first."
    )


def _parts(drawn: Any, depth: int) -> Iterator[tuple[str, Rings | None]]:
    """Returns kind and rings of each part that has a geometry; None as rings of other kinds than polygons."""
    if drawn is None:
        return
    members = cast("dict[str, Any]", drawn if isinstance(drawn, dict) else {})
    kind, coordinates = members.get("type"), members.get("coordinates")
    check_degrees(members)
    wrapped = _wrapped(members) if depth else None
    if wrapped is not None:
        for one in wrapped:
            yield from _parts(one, depth - 1)
    elif kind == "Polygon":
        yield kind, list_of(coordinates, "coordinates must be a list.")
    elif kind == "LineString" and _is_closed(coordinates):
        yield kind, [coordinates]
    else:
        name = kind[:40] if isinstance(kind, str) else "value without a type"
        yield f"an open {name}" if kind == "LineString" else f"a {name}", None


def _wrapped(members: dict[str, Any]) -> list[Any] | None:
    """Returns the parts of a Feature, collection or multi-geometry; None for other values."""
    kind = members.get("type")
    if kind == "Feature":
        return [members.get("geometry")]
    if kind == "FeatureCollection":
        return list_of(members.get("features"), "features must be a list.")
    if kind == "GeometryCollection":
        return list_of(members.get("geometries"), "geometries must be a list.")
    if kind in ("MultiPolygon", "MultiLineString"):
        parts = list_of(members.get("coordinates"), "coordinates must be a list.")
        return [{"type": kind.removeprefix("Multi"), "coordinates": part} for part in parts]
    return None


def _is_closed(line: Any) -> bool:
    return isinstance(line, list | tuple) and len(cast("list[Any]", line)) > 3 and line[0] == line[-1]


def _named(others: Counter[str], polygons: list[Rings]) -> str:
    kinds = [kind if count == 1 else f"{kind} ({count} times)" for kind, count in others.items()]
    if polygons:
        kinds.insert(0, "a Polygon" if len(polygons) == 1 else f"{len(polygons)} Polygons")
    return " and ".join(kinds) or "empty"
