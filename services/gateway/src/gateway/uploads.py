"""GeoJSON files of labels: read, checked as far as it goes without the map, and cut into parts that the bus carries."""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.labels import UploadLabels
from contracts.verdict import Refused
from gateway.body import NUL
from gateway.call import call_of
from gateway.commands import send
from gateway.problems import refusal
from kit.messaging.envelope import new_id

FIELD = "geojson_file"
PART = 160_000
"""Bytes of the features of one command."""
MOST_PARTS = 500
Feature = dict[str, Any]


class BadUpload(ValueError):
    """Words for the person who sent the file."""


async def features_of(request: Request) -> list[Feature]:
    """Those of the file that are objects; the first is a Feature with geometry and properties."""
    try:
        collection = orjson.loads(await _content(request))
    except orjson.JSONDecodeError as error:
        raise BadUpload("The file is not valid JSON.") from error
    if not isinstance(collection, dict) or collection.get("type") != "FeatureCollection":
        raise BadUpload("The file is not a GeoJSON FeatureCollection.")
    features = collection.get("features")
    if not isinstance(features, list) or not features:
        raise BadUpload("The FeatureCollection has no features.")
    _check_first(features[0])
    return [one for one in features if isinstance(one, dict)]


def _check_first(feature: Any) -> None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise BadUpload("The first entry of the features is not a Feature.")
    if not isinstance(feature.get("geometry"), dict) or not isinstance(feature.get("properties"), dict):
        raise BadUpload("The first feature needs geometry and properties.")


async def _content(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        content = await _field(request)
    elif kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        content = await request.body()
    else:
        raise HTTPException(415, f"Send GeoJSON, or a form with the file {FIELD}.")
    if not content:
        raise BadUpload("No file was sent.")
    if NUL in content:
        raise BadUpload("Text must not contain NUL characters.")
    return content


async def _field(request: Request) -> bytes:
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get(FIELD)
        return await file.read() if isinstance(file, UploadFile) else (file or "").encode()


async def send_parts(request: Request, aoi_id: int, features: list[Feature]) -> Response:
    """The answer of the owner. Nothing is added before he has all parts; the same file is the same upload."""
    parts = list(_parts(features))
    if len(parts) > MOST_PARTS:
        raise BadUpload("The file is too large.")
    name = hashlib.sha256(orjson.dumps([call_of(request).actor.id, aoi_id, features])).hexdigest()
    commands = [
        UploadLabels(aoi_id=aoi_id, upload=name, part=number, parts=len(parts), features=part)
        for number, part in enumerate(parts)
    ]
    answer = await send(request, commands[0])
    for command in commands[1:] if answer.status_code == 202 else ():
        verdict = await call_of(request).door.bus.send(command, call_of(request).actor, new_id())
        if isinstance(verdict, Refused):
            return refusal(verdict, request.url.path)
    return answer


def _parts(features: list[Feature]) -> Iterator[list[Feature]]:
    part: list[Feature] = []
    size = 0
    for feature in features:
        more = len(orjson.dumps(feature))
        if more > PART:
            raise BadUpload("A feature of the file is too large.")
        if size + more > PART:
            yield part
            part, size = [], 0
        part.append(feature)
        size += more
    yield part
