"""The root and the health of the whole."""

from importlib.metadata import version

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.api.documents import DOCS, SCHEMA, TITLE
from gateway.call import call_of
from gateway.policy import Policy
from gateway.routing import Routes

routes = Routes("system", prefix="/api")
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
    """Only what is configured has a member."""

    postgresql: bool
    s3: bool | None = None
    stac_api: bool | None = None
    stac_collections: Collections | None = None
    zenml: bool | None = None
    mapswipe: Mapswipe | None = None


@routes.get("/", Policy.OPEN, Root)
async def root(request: Request) -> Response:
    return JSONResponse({"name": TITLE, "app_version": VERSION, "api_version": "v1", "schema": SCHEMA, "docs": DOCS})


@routes.get("/v1/health/", Policy.OPEN, Health, scope=None)
async def health(request: Request) -> Response:
    """Always 200: read the body. Neighbours that are not configured are left out."""
    return JSONResponse(await call_of(request).door.probes.look())
