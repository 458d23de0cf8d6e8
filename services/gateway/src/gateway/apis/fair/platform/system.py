"""The root of the API and the health of the platform."""

from importlib.metadata import version

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair.platform.documents import DOCS, SCHEMA, TITLE
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("system", FAIR, prefix="/api")
VERSION = version("gateway")


class Root(BaseModel):
    name: str
    app_version: str
    api_version: str
    schema_address: str = Field(alias="schema")
    docs: str


class Collections(BaseModel):
    base_models: bool
    datasets: bool
    local_models: bool


class Mapswipe(BaseModel):
    url: str | None
    reachable: bool


class Health(BaseModel):
    """Only configured servers have a member."""

    message: str
    """For clients that only want to see that HTTP is served."""
    bus: bool
    """Whether the message bus stores messages."""
    postgresql: bool
    s3: bool | None = None
    stac_api: bool | None = None
    stac_collections: Collections | None = None
    zenml: bool | None = None
    mapswipe: Mapswipe | None = None


@routes.get("/", Policy.OPEN, Root)
async def root(request: Request) -> Response:
    return JSONResponse({"name": TITLE, "app_version": VERSION, "api_version": "v1", "schema": SCHEMA, "docs": DOCS})


@routes.get("/v1/health/", Policy.OPEN, Health, scope="health", refuses={503: None})
async def health(request: Request) -> Response:
    """Always returns 200: read the body. Servers that are not configured are omitted."""
    return JSONResponse({"message": "HTTP is served.", **await request_context(request).app.health_checks.check()})
