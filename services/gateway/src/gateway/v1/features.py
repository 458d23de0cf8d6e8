"""`/workspace/stream/{path}.fgb`: the features of a FlatGeobuf within a box, sent while they are read."""

import math
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.catalog.files import ReadFeatures
from contracts.catalog.osm import DescribeAsOsm
from gateway.api.files import ObjectKey
from gateway.api.osm import CONVERSION, MOST
from gateway.paging import Box, box_of
from gateway.policy import Policy
from gateway.queries import JSON, answer
from gateway.schema import Feature, Features, Xml
from gateway.v1.routes import EarlyRoutes
from gateway.v1.settings import early_settings
from gateway.v1.workspace import found
from kit.errors import Invalid

routes = EarlyRoutes("workspace")
WAIT = 30.0
DEGREE = 111.32
"""Kilometres of a degree of latitude."""
AT_ONCE = 5000
ANSWER: dict[int | str, dict[str, Any]] = {200: {
    "description": "What touches the box", "model": Features[Feature],
    "content": {"application/xml": {"schema": {"type": "string"}}},
}}  # fmt: skip


@routes.get(
    "/workspace/stream/{path:path}", Policy.PUBLIC_READ, deadline=WAIT + 5, responses=ANSWER
)  # fmt: skip
async def stream_features(
    request: Request,
    path: ObjectKey,
    bbox: Annotated[str, Query(max_length=200)] = "",
    format: Literal["geojson", "osmxml"] = "geojson",
) -> Response:
    """`bbox` is needed. 400 for a box that is too large."""
    if not path.strip("/").endswith(".fgb"):
        raise _wrong("path", "Only .fgb files are supported.")
    box = _box(bbox)
    first = ReadFeatures(key=(await found(request, path))["key"], box=box, limit=AT_ONCE)
    portion = await _portion(request, first)
    if format == "osmxml":
        return await _as_osm(request, first, portion)
    return StreamingResponse(_collection(request, first, portion), media_type=JSON)


def _box(text: str) -> Box:
    try:
        west, south, east, north = box = box_of(text)
    except ValueError as problem:
        raise _wrong("bbox", f"bbox {problem}.") from problem
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise _wrong("bbox", "bbox must be minLon,minLat,maxLon,maxLat on the map.")
    height = (north - south) * DEGREE
    width = (east - west) * DEGREE * math.cos(math.radians((south + north) / 2))
    settings = early_settings()
    if max(width, height) > settings.fgb_dimension or width * height > settings.fgb_area:
        most = f"{settings.fgb_dimension:g} km a side and {settings.fgb_area:g} km²"
        raise _wrong("bbox", f"bbox is too large: {width:.1f} × {height:.1f} km, where at most {most} are read.")
    return box


async def _collection(request: Request, first: ReadFeatures, portion: dict[str, Any]) -> AsyncIterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma, sent = b"", 0
    most = early_settings().fgb_features
    while features := portion["features"][: most - sent]:
        yield comma + orjson.dumps(features)[1:-1]
        comma, sent = b",", sent + len(features)
        if portion["next"] is None:
            break
        portion = await _portion(request, first.model_copy(update={"skip": portion["next"]}))
    yield b"]}"


async def _as_osm(request: Request, first: ReadFeatures, portion: dict[str, Any]) -> Response:
    features = portion["features"]
    while portion["next"] is not None and len(features) <= MOST:
        portion = await _portion(request, first.model_copy(update={"skip": portion["next"]}))
        features += portion["features"]
    if len(features) > MOST:
        raise _wrong("bbox", f"More than {MOST} features are too many for OSM XML. Use a smaller box.")
    return Xml(orjson.loads(await answer(request, DescribeAsOsm(features=features), CONVERSION)))


async def _portion(request: Request, query: ReadFeatures) -> dict[str, Any]:
    return orjson.loads(await answer(request, query, WAIT))


def _wrong(field: str, words: str) -> Invalid:
    return Invalid(f"invalid_{field}", words, **{field: [words]})
