"""The common parts of the sandbox servers."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route


def application(routes: Sequence[BaseRoute], lifespan: Any = None) -> Starlette:
    """Adds `/livez` and allows requests of any origin, as the real servers do."""
    cors = Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    return Starlette(routes=[Route("/livez", _alive), *routes], middleware=[cors], lifespan=lifespan)


async def _alive(request: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})
