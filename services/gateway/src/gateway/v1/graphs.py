"""`training_9/graphs/training_accuracy.png`: the course of a training, drawn when it is asked for."""

import re
from base64 import b64decode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.training import GetChart
from gateway.call import call_of
from gateway.queries import JSON, answer
from gateway.v1.answers import Row
from kit.errors import NotFound

NAME = "training_accuracy.png"
_PLACE = re.compile(rf"training[_/](\d{{1,18}})/graphs/{re.escape(NAME)}")


def training_of(path: str) -> int | None:
    """Whose graph lies there; None for other paths."""
    found = _PLACE.fullmatch(path.strip("/"))
    return int(found[1]) if found else None


async def sent(request: Request, training_id: int, url_only: bool) -> Response:
    """The picture itself, or its address here."""
    picture = await _drawn(request, training_id)
    if not picture:
        raise NotFound("file_not_found", "File not found in S3")
    if not url_only:
        return Response(picture, media_type="image/png")
    base = call_of(request).door.settings.api_base_url
    address = f"{base}/workspace/download/training_{training_id}/graphs/{NAME}"
    return Response(orjson.dumps({"result": address}), media_type=JSON)


async def files(request: Request, training_id: int) -> dict[str, Row]:
    """What the folder `graphs` holds: nothing before the first epoch."""
    picture = await _drawn(request, training_id)
    return {NAME: {"size": len(picture)}} if picture else {}


async def _drawn(request: Request, training_id: int) -> bytes:
    return b64decode(orjson.loads(await answer(request, GetChart(training_id=training_id))))
