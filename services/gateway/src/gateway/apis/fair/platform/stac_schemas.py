"""The JSON schemas of the platform's STAC items, at the addresses that items name."""

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from contracts import stac_schemas
from gateway.apis.fair.dialect import FAIR
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("system", FAIR)
HEADERS = {"access-control-allow-origin": "*", "cache-control": "public, max-age=86400"}
Kind = Literal["base-model", "local-model", "dataset", "common"]
SCHEMA = {"type": "object", "title": "JsonSchema", "description": "A JSON schema", "additionalProperties": True}


@routes.get(
    "/schemas/v1.1.0/{kind}/schema.json", Policy.OPEN, scope=None,
    responses={200: {"description": "Done", "content": {"application/schema+json": {"schema": SCHEMA}}}},
)  # fmt: skip
async def get_stac_schema(request: Request, kind: Kind) -> Response:
    """Without a rate limit, because validators fetch it for every item."""
    text = stac_schemas.text(kind, request_context(request).app.settings.api_base_url)
    return Response(text, media_type="application/schema+json", headers=HEADERS)
