"""Geometries as text: GeoJSON, WKT, or EWKT as PostGIS and its frameworks write it; clients of v1 send all of them."""

import re
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator

from gateway.http.inputs.json_body import NUL, is_deep

LONGEST = 2**20
KINDS = {
    kind.upper(): kind for kind in ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
}
LONGEST_HEAD = 60
"""Characters before the first bracket; a longer head is not matched at all."""
_HEAD = re.compile(r"(?:SRID\s*=\s*(\d{1,9})\s*;)?\s*([A-Z]+?)\s*(?:ZM|Z|M)?", re.IGNORECASE)
_POSITION = re.compile(r"[^\s,()]+(?:\s+[^\s,()]+)*")
UNREADABLE = "must be a GeoJSON geometry, its text, or WKT in EPSG:4326"


def read(value: object) -> object:
    """Parses a text to GeoJSON; any other value stays as it is."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        return _of_json(value)
    return of_wkt(value)


def _of_json(text: str) -> Any:
    found = _shallow(text)
    if NUL in orjson.dumps(found):
        raise ValueError("must not contain NUL characters")
    return found


def of_wkt(text: str) -> dict[str, Any]:
    """Returns longitude and latitude of a simple geometry in WKT or EWKT, without heights and measures. Raises
    ValueError."""
    head, bracket, body = text.partition("(")
    found = _HEAD.fullmatch(head.strip()) if len(head) <= LONGEST_HEAD and len(body) <= LONGEST else None
    if found is None or found[2].upper() not in KINDS:
        raise ValueError(UNREADABLE)
    if found[1] not in (None, "4326"):
        raise ValueError(f"is in EPSG:{found[1]}; longitudes and latitudes in EPSG:4326 are required (SRID=4326)")
    kind = KINDS[found[2].upper()]
    try:
        brackets = _POSITION.sub(_position, bracket + body).replace("(", "[").replace(")", "]")
    except ValueError:
        raise ValueError(UNREADABLE) from None
    nested = _shallow(brackets)
    return {"type": kind, "coordinates": _leveled(kind, nested)}


def _shallow(text: str) -> Any:
    """Parses JSON that is not nested too deeply."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError(UNREADABLE) from None
    if is_deep(value):
        raise ValueError(UNREADABLE)
    return value


def _position(found: re.Match[str]) -> str:
    longitude, latitude, *others = map(float, found[0].split())
    if len(others) > 2:
        raise ValueError
    return f"[{longitude!r},{latitude!r}]"


def _leveled(kind: str, nested: list[Any]) -> Any:
    """WKT encloses the position of a Point, and may enclose each position of a MultiPoint, in extra brackets."""
    if kind == "Point":
        return nested[0] if nested else nested
    if kind == "MultiPoint":
        return [one[0] if one and isinstance(one[0], list) else one for one in nested]
    return nested


Geom = Annotated[dict[str, Any], BeforeValidator(read)]
