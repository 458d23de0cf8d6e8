"""Fault injection for the Mapswipe sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response, StreamingResponse

PATIENCE = 60.0
SLOW = 5.0
BEFORE = ("down", "refuse_login", "errors", "slow", "huge", "html")
AFTER = ("lose_answer", "hold")
SIGNING_IN = ("health", "signIn", "login")


@dataclass
class Trouble:
    """`at` names a step: `health`, `signIn`, `login`, or a field of the schema; empty is where the kind is usual."""

    kind: str = ""
    times: int = 1
    at: str = ""
    held: int = 0
    """Requests that are kept waiting."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, step: str, *kinds: str) -> str:
        """Returns the kind of fault for this request if it is one of `kinds`, else an empty string."""
        here = self.at == step or (not self.at and _usual(self.kind, step))
        if self.times > 0 and here and self.kind in kinds:
            self.times -= 1
            return self.kind
        return ""

    async def hold(self) -> None:
        self.held += 1
        async with asyncio.timeout(PATIENCE):
            await self.over.wait()


def _usual(kind: str, step: str) -> bool:
    return step == "signIn" if kind == "refuse_login" else kind == "down" or step not in SIGNING_IN


async def instead(kind: str) -> Response | None:
    """Returns the response instead of the request's own; None after a delay (`slow`)."""
    if kind == "slow":
        await asyncio.sleep(SLOW)
        return None
    if kind == "refuse_login":
        return JSONResponse({"error": {"code": 400, "message": "INVALID_LOGIN_CREDENTIALS"}}, 400)
    if kind == "errors":
        return JSONResponse({"data": None, "errors": [{"message": "The organization does not exist."}]})
    if kind == "huge":
        return Response(b"[" + b" " * (4 << 20) + b"]", media_type="application/json")
    if kind == "html":
        return Response("<html><title>Back soon</title></html>", media_type="text/html")
    return Response("bad gateway", 502)


def broken() -> Response:
    """Says more than it then sends."""
    return StreamingResponse(_broken(), media_type="application/json", headers={"content-length": "1000"})


async def _broken() -> AsyncIterator[bytes]:
    yield b'{"data":'
    raise ConnectionResetError
