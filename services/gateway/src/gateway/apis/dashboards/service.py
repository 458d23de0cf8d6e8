"""The root of the API."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.apis.dashboards.dialect import DASHBOARDS
from gateway.http.policy import Policy
from gateway.http.routing import Routes
from gateway.openapi.schemas import Message

routes = Routes("dashboards", DASHBOARDS)


@routes.get("/", Policy.OPEN, Message, scope=None)
async def greet(request: Request) -> Response:
    """Greets, without asking any service."""
    return JSONResponse({"message": "Fairway: dashboards, channels, datasets, trainings, predictions."})
