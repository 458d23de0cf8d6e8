"""Four numbers about the whole platform."""

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.notify.kpi import GetKpi, Kpi
from gateway.call import call_of
from gateway.policy import Policy
from gateway.routing import Routes

routes = Routes("system")
REMEMBERED = 5.0
"""Seconds; nobody is throttled here."""


@routes.get("/kpi/stats/", Policy.OPEN, Kpi, scope=None, refuses={503: "The numbers are not there yet."})
async def kpi(request: Request) -> Response:
    """Counted as things happen, so asking costs the same however many there are."""
    door = call_of(request).door
    known = door.kpi.get("kpi")
    return JSONResponse(known or door.kpi.put("kpi", orjson.loads(await door.bus.ask(GetKpi())), REMEMBERED))
