"""Four counts of the whole platform."""

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.notify.kpi import GetKpi, Kpi
from gateway.apis.fair.dialect import FAIR
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("system", FAIR)
REMEMBERED = 5.0
"""Seconds; this route has no rate limit."""


@routes.get("/kpi/stats/", Policy.OPEN, Kpi, scope=None, refuses={503: "The counts are not available yet."})
async def kpi(request: Request) -> Response:
    """The owner counts events as they happen, so a request costs the same at any size."""
    app = request_context(request).app
    known = app.kpi.get("kpi")
    return JSONResponse(known or app.kpi.put("kpi", orjson.loads(await app.bus.ask(GetKpi())), REMEMBERED))
