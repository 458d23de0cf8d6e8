"""A receiver of webhooks: records `POST /hook`, returns the records at `GET /requests`, `DELETE /requests` clears them.

It answers challenges correctly. `PUT /behaviour` sets the response to the next calls: `status` (with `location` for a
redirect) after `delay` seconds, with a body of `size` bytes, for `times` calls (by default all); `says` is the answer
to a challenge, which replaces `%s` in it.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from stack.sandbox.web import application

PIECE = b"x" * 65_536
PROOF = '{"challenge": "%s"}'


class Receiver:
    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.behaviour: dict[str, Any] = {}

    async def take(self, request: Request) -> Response:
        body = await request.body()
        noted = {"path": request.url.path, "headers": dict(request.headers), "body": base64.b64encode(body).decode()}
        self.requests.append(noted)
        wanted = self._next()
        await asyncio.sleep(wanted.get("delay", 0))
        headers = {"location": wanted["location"]} if "location" in wanted else None
        said = _said(body, wanted.get("says", PROOF))
        return StreamingResponse(_body(said, wanted.get("size", 0)), wanted.get("status", 200), headers)

    def _next(self) -> dict[str, Any]:
        if "times" not in self.behaviour:
            return self.behaviour
        self.behaviour["times"] -= 1
        return self.behaviour if self.behaviour["times"] >= 0 else {}


def app() -> Starlette:
    receiver = Receiver()

    async def requests(request: Request) -> JSONResponse:
        return JSONResponse(receiver.requests)

    async def forget(request: Request) -> Response:
        receiver.requests.clear()
        receiver.behaviour = {}
        return Response(status_code=204)

    async def behave(request: Request) -> Response:
        receiver.behaviour = await request.json()
        return Response(status_code=204)

    return application([
        Route("/hook{rest:path}", receiver.take, methods=["POST"]), Route("/requests", requests),
        Route("/requests", forget, methods=["DELETE"]), Route("/behaviour", behave, methods=["PUT"]),
    ])  # fmt: skip


def _said(body: bytes, says: str) -> bytes:
    """The answer to a challenge; empty for other calls."""
    call = json.loads(body)
    return says.replace("%s", call["data"]["challenge"]).encode() if call["type"] == "webhook.verification" else b""


async def _body(said: bytes, size: int) -> AsyncIterator[bytes]:
    """Yields to the event loop after each piece, so that a closed connection ends it."""
    yield said
    while size > 0:
        yield PIECE[:size]
        await asyncio.sleep(0)
        size -= len(PIECE)
