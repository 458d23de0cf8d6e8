"""Features of a FlatGeobuf, read by a child: GDAL fetches no more of the file than its index leads to."""

from typing import Any
from urllib.parse import quote

import orjson

FULL = 4_000_000
"""Bytes of features after which an answer ends; the bus takes a little more."""
Box = tuple[float, float, float, float]


def read_features(url: str, box: Box, skip: int, limit: int) -> bytes:
    """Those that touch the box, `skip` of them left out: `{"features": […], "next": …}`. `next` is the `skip` of what
    follows, null at the end."""
    import shapely
    from pyogrio import raw

    place = f"/vsicurl?use_head=no&list_dir=no&url={quote(url, safe='')}"
    meta, _, shapes, columns = raw.read(place, bbox=box, skip_features=skip, max_features=limit + 1)
    names, features, size = [str(name) for name in meta["fields"]], [], 0
    for number, shape in enumerate(shapes[:limit]):
        if size > FULL:
            break
        properties = {name: _plain(column[number]) for name, column in zip(names, columns, strict=True)}
        features.append(_feature(shapely.to_geojson(shapely.from_wkb(shape)), properties))
        size += len(features[-1])
    following = skip + len(features) if len(shapes) > len(features) else None
    return b'{"features":[' + b",".join(features) + b'],"next":' + orjson.dumps(following) + b"}"


def _feature(geometry: str, properties: dict[str, Any]) -> bytes:
    members = orjson.dumps(properties, default=str)
    return b'{"type":"Feature","geometry":' + geometry.encode() + b',"properties":' + members + b"}"


def _plain(value: Any) -> Any:
    """Of a column's entry; what is missing is NaN or NaT there."""
    plain = value.item() if hasattr(value, "item") else value
    return None if plain != plain else plain
