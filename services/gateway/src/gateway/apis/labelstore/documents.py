"""Addresses at which clients of the label store look for the description of the API."""

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.apis.labelstore.dialect import LABELS
from gateway.http.policy import Policy
from gateway.http.routing import Routes

routes = Routes("documents", LABELS)
PAGE = "/api/docs/"


@routes.get("/openapi.json", Policy.OPEN, include_in_schema=False)
async def label_openapi(request: Request) -> Response:
    return Response(orjson.dumps(request.app.openapi()), media_type="application/json")


@routes.get("/ui/", Policy.OPEN, status=307, include_in_schema=False)
async def label_ui(request: Request) -> Response:
    return RedirectResponse(PAGE, 307)
