"""The OpenAPI document, and the pages that show it. No part of them is loaded from another host."""

from importlib.resources import files
from typing import Literal

import orjson
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.apis.fair.dialect import FAIR
from gateway.http.policy import Policy
from gateway.http.routing import Routes

routes = Routes("system", FAIR, prefix="/api")
SCHEMA, DOCS, TITLE = "/api/schema/", "/api/docs/", "fAIr API"
FILES = files("fastapi_offline") / "static"
Part = Literal["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "favicon.png"]
A_DAY = {"cache-control": "public, max-age=86400"}


@routes.get("/schema/", Policy.OPEN, include_in_schema=False)
async def schema(request: Request) -> Response:
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@routes.get("/docs/", Policy.OPEN, include_in_schema=False)
async def docs(request: Request) -> Response:
    return get_swagger_ui_html(
        openapi_url=SCHEMA, title=TITLE, swagger_js_url=_address("swagger-ui-bundle.js"),
        swagger_css_url=_address("swagger-ui.css"), swagger_favicon_url=_address("favicon.png"),
    )  # fmt: skip


@routes.get("/redoc/", Policy.OPEN, include_in_schema=False)
async def redoc(request: Request) -> Response:
    return get_redoc_html(
        openapi_url=SCHEMA, title=TITLE, redoc_js_url=_address("redoc.standalone.js"),
        redoc_favicon_url=_address("favicon.png"), with_google_fonts=False,
    )  # fmt: skip


@routes.get("/docs/{part}", Policy.OPEN, scope=None, include_in_schema=False)
async def part_of_docs(request: Request, part: Part) -> Response:
    return FileResponse(str(FILES / part), headers=A_DAY)


def _address(part: Part) -> str:
    return f"{DOCS}{part}"
