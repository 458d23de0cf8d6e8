"""GeoJSON files of labels: stored on disk, read feature by feature, and split into parts that fit the bus.

An error in one feature is reported for that feature; only an error in the file itself refuses the file.
"""

import asyncio
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.labels import UploadLabels
from contracts.shared import Remark
from contracts.verdict import Refused
from gateway.http.commands import send
from gateway.http.inputs.json_body import NUL
from gateway.http.middleware import set_body_limit
from gateway.http.problems import refusal
from gateway.http.request_context import request_context
from gateway.http.uploads.feature_collection import BadUpload, features_of
from kit.messaging.envelope import new_id

FIELD = "geojson_file"
DEADLINE = 300.0
"""Seconds, for slow connections and many parts."""
AT_ONCE = 4
"""Uploads of one process on disk at the same time; others wait."""
PART = 400_000
"""Bytes of the features of one command; larger features are sent alone."""
LARGEST = 1_500_000
"""Bytes of one feature."""
MOST_PARTS = 500
MOST_FEATURES = 50_000
IN_MEMORY = 1 << 20
TOO_LARGE = "It is too large: a label may have 10,000 vertices."
NUL_TEXT = "It has text with NUL characters."
NO_TEXT = "It has text or numbers that cannot be stored."
_disk = asyncio.Semaphore(AT_ONCE)


@dataclass
class Part:
    """`numbers` are the positions of the features in their file, from 1; `left_out` lists those that cannot be sent."""

    features: list[dict[str, Any]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    left_out: list[Remark] = field(default_factory=list)
    size: int = 0


async def upload(request: Request, aoi_id: int) -> Response:
    """Returns the response of the owner, which adds nothing before it has all parts; the same file is the same
    upload."""
    set_body_limit(request, request_context(request).app.settings.max_label_upload)
    async with _disk, _content(request) as file:
        name, count = await asyncio.to_thread(_surveyed, file, f"{request_context(request).actor.id} {aoi_id} ")
        file.seek(0)
        parts = enumerate(_parts(file))
        answer = None
        while numbered := await asyncio.to_thread(partial(next, parts, None)):
            number, part = numbered
            command = UploadLabels(
                aoi_id=aoi_id, upload=name, part=number, parts=count, features=part.features, numbers=part.numbers,
                left_out=part.left_out,
            )  # fmt: skip
            if answer is None:
                answer = await send(request, command)
                if answer.status_code != 202:
                    return answer
            elif isinstance(verdict := await _sent(request, command), Refused):
                return refusal(verdict, request.url.path)
        assert answer is not None
        return answer


async def _sent(request: Request, command: UploadLabels) -> Any:
    return await request_context(request).app.bus.send(command, request_context(request).actor, new_id())


@asynccontextmanager
async def _content(request: Request) -> AsyncIterator[IO[bytes]]:
    """Yields the file, from the body or from a form field."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        most = request_context(request).app.settings.max_label_upload
        async with request.form(max_files=1, max_fields=10, max_part_size=most) as form:
            given = form.get(FIELD)
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as text:
                if not isinstance(given, UploadFile):
                    text.write((given or "").encode())
                    text.seek(0)
                yield given.file if isinstance(given, UploadFile) else text  # type: ignore[misc]
    elif kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            async for piece in request.stream():
                body.write(piece)
            body.seek(0)
            yield body  # type: ignore[misc]
    else:
        raise HTTPException(415, f"Send GeoJSON, or a form with the file {FIELD}.")


def _surveyed(file: IO[bytes], salt: str) -> tuple[str, int]:
    """Returns a name that is the same for the same file, and its number of parts. Raises BadUpload before anything is
    sent."""
    digest = hashlib.sha256(salt.encode())
    while piece := file.read(IN_MEMORY):
        digest.update(piece)
    if not file.tell():
        raise BadUpload("No file was sent.")
    file.seek(0)
    count = sum(1 for _ in _parts(file))
    if count > MOST_PARTS:
        raise BadUpload("The file is too large.")
    return digest.hexdigest(), count


def _parts(file: IO[bytes]) -> Iterator[Part]:
    part, number = Part(), 0
    for number, feature in enumerate(features_of(file), 1):
        if number > MOST_FEATURES:
            raise BadUpload(f"A file may have at most {MOST_FEATURES} features.")
        try:
            carried, size = _carried(feature)
        except ValueError as problem:
            part.left_out.append((str(problem), f"feature {number}"))
            continue
        if part.features and part.size + size > PART:
            yield part
            part = Part()
        part.features.append(carried)
        part.numbers.append(number)
        part.size += size
    yield part


def _carried(feature: Any) -> tuple[dict[str, Any], int]:
    """Returns the feature as it is sent, and its bytes; raises ValueError with the reason when it cannot be sent.
    Numbers beyond 64 bits become floats; a value that is no object becomes an empty object, which the owner reports."""
    if not isinstance(feature, dict):
        return {}, 2
    try:
        content = orjson.dumps(feature)
    except TypeError:
        feature = _bent(feature)
        content = orjson.dumps(feature)
    if NUL in content:
        raise ValueError(NUL_TEXT)
    if len(content) > LARGEST:
        raise ValueError(TOO_LARGE)
    return feature, len(content)


def _bent(feature: dict[str, Any]) -> dict[str, Any]:
    try:
        return orjson.loads(json.dumps(feature))
    except (ValueError, TypeError, RecursionError) as problem:
        raise ValueError(NO_TEXT) from problem
