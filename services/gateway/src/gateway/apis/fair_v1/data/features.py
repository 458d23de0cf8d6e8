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
from gateway.apis.fair_v1.data.workspace import found
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.settings import v1_settings
from gateway.http.inputs.fields import MAX_OSM_FEATURES, ObjectKey
from gateway.http.limits.timeouts import OSM_CONVERSION_WAIT
from gateway.http.pagination import Box, box_of
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features, Xml
from kit.errors import Invalid

routes = Routes("workspace", V1)
WAIT = 30.0
DEGREE = 111.32
"""Kilometres per degree of latitude."""
AT_ONCE = 5000
ANSWER: dict[int | str, dict[str, Any]] = {200: {
    "description": "Features that touch the box", "model": Features[Feature],
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
    """`bbox` is required. Returns 400 for a box that is too large."""
    if not path.strip("/").endswith(".fgb"):
        raise _wrong("path", "Only .fgb files are supported.")
    box = _box(bbox)
    first = ReadFeatures(key=(await found(request, path))["key"], box=box, limit=AT_ONCE)
    block = await _next_block(request, first)
    if format == "osmxml":
        return await _as_osm(request, first, block)
    return StreamingResponse(_collection(request, first, block), media_type=JSON)


def _box(text: str) -> Box:
    try:
        west, south, east, north = box = box_of(text)
    except ValueError as problem:
        raise _wrong("bbox", f"bbox {problem}.") from problem
    degrees = east - west + 360 * (west > east)
    if not degrees or not -90 <= south < north <= 90:
        raise _wrong("bbox", "bbox must be minLon,minLat,maxLon,maxLat on the map.")
    height = (north - south) * DEGREE
    width = degrees * DEGREE * math.cos(math.radians((south + north) / 2))
    settings = v1_settings()
    if max(width, height) > settings.fgb_dimension or width * height > settings.fgb_area:
        most = f"{settings.fgb_dimension:g} km a side and {settings.fgb_area:g} km²"
        raise _wrong("bbox", f"bbox is too large: {width:.1f} × {height:.1f} km, where at most {most} are read.")
    return box


async def _collection(request: Request, first: ReadFeatures, block: dict[str, Any]) -> AsyncIterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma, sent = b"", 0
    most = v1_settings().fgb_features
    while features := block["features"][: most - sent]:
        yield comma + orjson.dumps(features)[1:-1]
        comma, sent = b",", sent + len(features)
        if block["next"] is None:
            break
        block = await _next_block(request, first.model_copy(update={"skip": block["next"]}))
    yield b"]}"


async def _as_osm(request: Request, first: ReadFeatures, block: dict[str, Any]) -> Response:
    features = block["features"]
    while block["next"] is not None and len(features) <= MAX_OSM_FEATURES:
        block = await _next_block(request, first.model_copy(update={"skip": block["next"]}))
        features += block["features"]
    if len(features) > MAX_OSM_FEATURES:
        raise _wrong("bbox", f"More than {MAX_OSM_FEATURES} features are too many for OSM XML. Use a smaller box.")
    return Xml(orjson.loads(await answer(request, DescribeAsOsm(features=features), OSM_CONVERSION_WAIT)))


async def _next_block(request: Request, query: ReadFeatures) -> dict[str, Any]:
    return orjson.loads(await answer(request, query, WAIT))


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(f"invalid_{field}", message, **{field: [message]})
