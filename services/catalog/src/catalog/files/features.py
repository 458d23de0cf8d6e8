"""Reads features of a FlatGeobuf in a child process: GDAL fetches only the bytes that the index points at."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson

FULL = 4_000_000
"""Maximum bytes of features in one reply, a little less than the limit of the bus."""
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian."""
_PLAIN: dict[str, Callable[[Any], Any]] = {"boolean": bool, "integer": int, "number": float, "json": orjson.loads}


def read_features(url: str, box: Box, skip: int, limit: int) -> bytes:
    """Returns `{"features": […], "next": …}`: features that touch the box, after the first `skip`. `next` is the
    `skip` of the next page, null at the end."""
    return features_at(f"/vsicurl?use_head=no&list_dir=no&url={quote(url, safe='')}", box, skip, limit)


def features_at(path: str, box: Box, skip: int, limit: int) -> bytes:
    """Returns the same for a path that GDAL opens. A property that a feature lacks is null when others have it."""
    import shapely
    from pyogrio import raw

    meta, _, shapes, columns = raw.read(path, **_within(box), skip_features=skip, max_features=limit + 1)
    properties, features, size = _properties(path, meta), [], 0
    for number, shape in enumerate(shapes[:limit]):
        if size > FULL:
            break
        values = {name: _plain(kind, column[number]) for (name, kind), column in zip(properties, columns, strict=True)}
        features.append(_feature(shapely.to_geojson(shapely.from_wkb(shape)), values))
        size += len(features[-1])
    following = skip + len(features) if len(shapes) > len(features) else None
    return b'{"features":[' + b",".join(features) + b'],"next":' + orjson.dumps(following) + b"}"


def _within(box: Box) -> dict[str, Any]:
    """Returns the arguments of GDAL for the box. A box that crosses the antimeridian is one shape of two parts, so
    that pages continue over both."""
    west, _, east, _ = box
    if west <= east:
        return {"bbox": box}
    from geo import antimeridian

    return {"mask": antimeridian.box(*box)}


def _properties(path: str, meta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns name and type of each column, from the metadata of the file, else from the column types."""
    from pyogrio import read_info

    declared = orjson.loads((read_info(path)["layer_metadata"] or {}).get("columns", "[]"))
    known = {column["column"]: (column["name"], column["type"]) for column in declared}
    types = zip(meta["fields"], meta["ogr_types"], meta["ogr_subtypes"], strict=True)
    return [known.get(str(name), (str(name), _kind(kind, subtype))) for name, kind, subtype in types]


def _kind(ogr_type: str, subtype: str) -> str:
    if subtype == "OFSTBoolean":
        return "boolean"
    return "integer" if ogr_type in ("OFTInteger", "OFTInteger64") else "string"


def _feature(geometry: str, properties: dict[str, Any]) -> bytes:
    members = orjson.dumps(properties, default=str)
    return b'{"type":"Feature","geometry":' + geometry.encode() + b',"properties":' + members + b"}"


def _plain(kind: str, value: Any) -> Any:
    """Returns the value of a cell; columns with gaps are floats with NaN, or NaT."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain is None or plain != plain else _PLAIN.get(kind, _same)(plain)


def _same(value: Any) -> Any:
    return value
