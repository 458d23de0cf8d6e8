"""`training_9/graphs/training_accuracy.png`: the loss chart of a training, drawn on request."""

import re
from base64 import b64decode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.training import GetChart
from gateway.apis.fair_v1.answers import Row
from gateway.http.queries import JSON, answer
from gateway.http.request_context import request_context
from kit.errors import NotFound

NAME = "training_accuracy.png"
_PATH = re.compile(rf"training[_/](\d{{1,18}})/graphs/{re.escape(NAME)}")


def training_of(path: str) -> int | None:
    """Returns the training whose chart has this path; None for other paths."""
    found = _PATH.fullmatch(path.strip("/"))
    return int(found[1]) if found else None


async def chart_response(request: Request, training_id: int, url_only: bool) -> Response:
    """Returns the picture, or its address in this API."""
    picture = await _drawn(request, training_id)
    if not picture:
        raise NotFound("file_not_found", "File not found in S3")
    if not url_only:
        return Response(picture, media_type="image/png")
    base = request_context(request).app.settings.api_base_url
    address = f"{base}/workspace/download/training_{training_id}/graphs/{NAME}"
    return Response(orjson.dumps({"result": address}), media_type=JSON)


async def files(request: Request, training_id: int) -> dict[str, Row]:
    """Returns the files of the folder `graphs`: none before the first epoch."""
    picture = await _drawn(request, training_id)
    return {NAME: {"size": len(picture)}} if picture else {}


async def _drawn(request: Request, training_id: int) -> bytes:
    return b64decode(orjson.loads(await answer(request, GetChart(training_id=training_id))))
