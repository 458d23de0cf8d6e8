"""The root, the health of the whole, and the documents that describe the API."""

from importlib.metadata import version

import orjson
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.call import call_of
from gateway.policy import Policy
from gateway.routing import Routes

routes = Routes("system", prefix="/api")
VERSION = version("gateway")
SCHEMA, TITLE = "/api/schema/", "fAIr API"


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
    return JSONResponse(
        {"name": TITLE, "app_version": VERSION, "api_version": "v1", "schema": SCHEMA, "docs": "/api/docs/"}
    )


@routes.get("/v1/health/", Policy.OPEN, Health, scope=None)
async def health(request: Request) -> Response:
    """Always 200: read the body. Neighbours that are not configured are left out."""
    return JSONResponse(await call_of(request).door.probes.look())


@routes.get("/schema/", Policy.OPEN, include_in_schema=False)
async def schema(request: Request) -> Response:
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@routes.get("/docs/", Policy.OPEN, include_in_schema=False)
async def docs(request: Request) -> Response:
    return get_swagger_ui_html(openapi_url=SCHEMA, title=TITLE)


@routes.get("/redoc/", Policy.OPEN, include_in_schema=False)
async def redoc(request: Request) -> Response:
    return get_redoc_html(openapi_url=SCHEMA, title=TITLE)
