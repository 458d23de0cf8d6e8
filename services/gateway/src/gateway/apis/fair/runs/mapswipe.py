"""Validation of a prediction with Mapswipe."""

from typing import Any

from fastapi import Body as JsonBody
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import mapswipe as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Id
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes

routes = Routes("predictions", FAIR)
EXAMPLE = {
    "topic": "Roofs of Hilltop", "region": "Hilltop", "look_for": "buildings", "project_number": 1,
    "description": "Roofs found by a model.", "instruction": "Is the outline a roof?",
}  # fmt: skip


@routes.post(
    "/predictions/{prediction_id}/mapswipe/", Policy.OWNER, c.MapswipeState, status=202, sends=c.PushToMapswipe,
    refuses={409: "The result is not ready, is empty, or was pushed already."},
)  # fmt: skip
async def push_to_mapswipe(
    request: Request, prediction_id: Id, body: dict[str, Any] = JsonBody({}, examples=[EXAMPLE])
) -> Response:
    """A job creates the project; request the same path for its status. The owner validates the body, which may be
    missing, after all other checks."""
    return await send(request, c.PushToMapswipe(prediction_id=prediction_id, wishes=body))


@routes.get("/predictions/{prediction_id}/mapswipe/", Policy.PUBLIC_READ, c.MapswipeState)
async def get_mapswipe(request: Request, prediction_id: Id) -> Response:
    return await ask(request, c.GetMapswipe(prediction_id=prediction_id), wait=PIPELINE_SERVER_WAIT)
