"""Does an output keep what the model's STAC item promises?"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

GEOMETRIES = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString"),
    "point": ("Point", "MultiPoint"),
}
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,),
}  # fmt: skip
Json = Mapping[str, Any]


class Contradiction(ValueError):
    """The output is not what the model declares; the text says in which respect."""


def check(number: int, feature: Any, keywords: Sequence[str], properties: Sequence[Json]) -> Json:
    """The feature, which is in lon/lat. Raises Contradiction. `properties`: `fair:output_properties`. As in RFC 7946,
    geometry and properties may be null."""
    allowed = [kind for keyword in keywords for kind in GEOMETRIES.get(keyword, ())]
    if problem := _problem(feature, allowed, properties):
        raise Contradiction(f"Feature {number} of the model's output {problem}.")
    return cast("Json", feature)


def _problem(feature: Any, allowed: Sequence[str], properties: Sequence[Json]) -> str | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":  # pyright: ignore
        return "is no GeoJSON Feature"
    if "geometry" not in feature or "properties" not in feature:
        return "lacks geometry or properties"
    geometry, values = feature["geometry"], feature["properties"]  # pyright: ignore
    if geometry is not None and (problem := _wrong_geometry(geometry, allowed)):
        return problem
    if values is not None and not isinstance(values, dict):
        return "has properties that are no object"
    return _wrong_value(cast("dict[str, Any]", values or {}), properties)


def _wrong_geometry(geometry: Any, allowed: Sequence[str]) -> str | None:
    kind = str(geometry.get("type")) if isinstance(geometry, dict) else "value without a type"  # pyright: ignore
    if allowed and kind not in allowed:
        return f"is a {kind}, declared are {', '.join(allowed)}"
    if not isinstance(geometry, dict) or not _in_degrees(geometry.get("coordinates")):  # pyright: ignore
        return "has coordinates that are not longitude and latitude"
    return None


def _in_degrees(coordinates: Any) -> bool:
    """Nested lists of positions, none of them empty."""
    if not isinstance(coordinates, list) or not coordinates:
        return False
    first: Any = coordinates[0]  # pyright: ignore
    if isinstance(first, list):
        return all(_in_degrees(part) for part in coordinates)  # pyright: ignore
    numbers = cast("list[Any]", coordinates)
    finite = all(isinstance(n, int | float) and math.isfinite(n) for n in numbers)
    return finite and len(numbers) >= 2 and abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90


def _wrong_value(values: Mapping[str, Any], properties: Sequence[Json]) -> str | None:
    for declared in properties:
        value, kind = values.get(str(declared["key"])), str(declared["type"])
        if value is None:
            continue
        if not isinstance(value, _TYPES.get(kind, (object,))) or (isinstance(value, bool) and kind != "boolean"):
            return f"has {declared['key']} = {value!r}, declared is a {kind}"
    return None
