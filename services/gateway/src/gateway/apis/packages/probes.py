"""Whether packages can be read and made."""

from typing import Any, Literal

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog.packages import PackagesReady
from gateway.apis.packages.dialect import PACKAGES
from gateway.http.policy import Policy
from gateway.http.problems import answer as problem_response
from gateway.http.queries import answer
from gateway.http.routing import Routes
from gateway.openapi.schemas import PROBLEM
from kit.errors import DomainError
from kit.http.problems import problem

routes = Routes("probes", PACKAGES)
READY_WAIT = 4.0
"""Seconds; the probe has to answer within five."""
NOT_READY: dict[int | str, dict[str, Any]] = {500: {"description": "`detail` is `not_ready`", "content": PROBLEM}}


class Alive(BaseModel):
    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    status: Literal["ready"] = "ready"


@routes.get("/liveness", Policy.OPEN, Alive, scope=None)
async def liveness(request: Request) -> Response:
    """Tells that the process is up."""
    return JSONResponse({"status": "alive"})


@routes.get("/readiness", Policy.OPEN, Ready, scope=None, responses=NOT_READY)
async def readiness(request: Request) -> Response:
    """Tells whether the database and a worker of packages answer."""
    if await _is_ready(request):
        return JSONResponse({"status": "ready"})
    return problem_response(500, problem(500, "not_ready", request.url.path))


async def _is_ready(request: Request) -> bool:
    try:
        return orjson.loads(await answer(request, PackagesReady(), READY_WAIT))["ready"]
    except DomainError:
        return False
