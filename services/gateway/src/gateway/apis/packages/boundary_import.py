"""Files of boundaries: stored on disk, read feature by feature, and sent with the body of their command in the object
store."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import IO

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.boundaries import ImportBoundaries
from gateway.http.commands import send
from gateway.http.inputs.json_body import NUL
from gateway.http.middleware import set_body_limit
from gateway.http.uploads.feature_collection import BadUpload, ForeignCrs, features_of
from kit.errors import Invalid, Unprocessable
from kit.messaging.staging import MAX_INLINE_BYTES, StagedFile

MAX_BYTES = 64 << 20
DEADLINE, VERDICT_WAIT = 300.0, 60.0
"""Seconds of the whole request, and of the owner."""
IN_MEMORY = 1 << 20
AT_ONCE = 2
"""Imports of one process on disk at the same time; others wait."""
SAMPLE = {"type": "FeatureCollection", "features": [{
    "type": "Feature", "properties": {"name": "Gambia", "name_long": "The Gambia"},
    "geometry": {"type": "Polygon", "coordinates": [[[-16.8, 13.1], [-13.8, 13.1], [-13.8, 13.9], [-16.8, 13.1]]]},
}]}  # fmt: skip
_MEDIA = {"schema": {"type": "object"}, "examples": {"typical": {"value": SAMPLE}}}
IMPORT_BODY = {
    "requestBody": {"required": True, "content": {"application/json": _MEDIA, "application/geo+json": _MEDIA}}
}
_disk = asyncio.Semaphore(AT_ONCE)


async def import_collection(request: Request, command: ImportBoundaries) -> Response:
    """`command` has everything but the collection, which is the body of the request. Raises Invalid for another
    coordinate system and Unprocessable for what is no collection."""
    set_body_limit(request, MAX_BYTES)
    async with _disk, _content(request) as file:
        with tempfile.TemporaryFile() as composed:
            try:
                staged = await asyncio.to_thread(_compose, file, command, composed)
            except ForeignCrs as problem:
                raise Invalid("foreign_crs", str(problem)) from problem
            except BadUpload as problem:
                raise Unprocessable("bad_collection", str(problem)) from problem
            if staged.size > MAX_INLINE_BYTES:
                return await send(request, command, VERDICT_WAIT, staged)
            whole = ImportBoundaries.model_validate_json(composed.read())
            return await send(request, whole, VERDICT_WAIT)


@asynccontextmanager
async def _content(request: Request) -> AsyncIterator[IO[bytes]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/geo+json"):
        raise HTTPException(415, "The body must be application/json or application/geo+json.")
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
        async for piece in request.stream():
            body.write(piece)
        body.seek(0)
        yield body  # type: ignore[misc]


def _compose(file: IO[bytes], command: ImportBoundaries, composed: IO[bytes]) -> StagedFile:
    """Writes the JSON of the command with the collection of the file. Features are written anew, so that the owner can
    read whatever passes here."""
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(file, command):
        composed.write(piece)
        digest.update(piece)
        size += len(piece)
    composed.seek(0)
    return StagedFile(composed, size, digest.hexdigest())  # type: ignore[arg-type]


def _pieces(file: IO[bytes], command: ImportBoundaries) -> Iterator[bytes]:
    yield command.model_dump_json(exclude={"collection"}).encode()[:-1]
    yield b',"collection":{"type":"FeatureCollection","features":['
    for number, feature in enumerate(features_of(file), 1):
        yield (b"," if number > 1 else b"") + _written(feature, number)
    yield b"]}}"


def _written(feature: object, number: int) -> bytes:
    try:
        content = orjson.dumps(feature)
    except TypeError as error:
        raise BadUpload(f"Feature {number} has text or numbers that cannot be stored.") from error
    if NUL in content:
        raise BadUpload(f"Feature {number} has text with NUL characters.")
    return content
