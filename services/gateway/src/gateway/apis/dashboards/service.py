"""The root of the API."""

from importlib.metadata import version

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.notify.dashboards import GetDashboardService
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import answer
from gateway.http.policy import Policy
from gateway.http.routing import Routes
from gateway.openapi.schemas import Message

routes = Routes("dashboards", DASHBOARDS)


class ApiVersion(BaseModel):
    major: int = 1
    minor: int = 0


class Version(BaseModel):
    """`dashboard_schema_sha256` is that of the schema file in force, null where dashboards are not checked."""

    version: str
    api_version: ApiVersion
    dashboard_schema_sha256: str | None


@routes.get("/", Policy.OPEN, Message, scope=None)
async def greet(request: Request) -> Response:
    """Greets, without asking any service."""
    return JSONResponse({"message": "Fairway: dashboards, channels, datasets, trainings, predictions."})


@routes.get("/version", Policy.OPEN, Version, scope=SCOPE)
async def get_version(request: Request) -> Response:
    """Returns the versions of the build, of the API, and of the schema of dashboards."""
    found = orjson.loads(await answer(request, GetDashboardService()))
    known = Version(
        version=version("gateway"), api_version=ApiVersion(), dashboard_schema_sha256=found["schema_sha256"]
    )  # fmt: skip
    return JSONResponse(known.model_dump())
