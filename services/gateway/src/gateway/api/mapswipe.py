"""A crowd checks the result of a prediction."""

from typing import Any

from fastapi import Body as JsonBody
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import mapswipe as c
from gateway.api.runs import OUTSIDE
from gateway.body import Id
from gateway.commands import send
from gateway.policy import Policy
from gateway.queries import ask
from gateway.routing import Routes

routes = Routes("predictions")
EXAMPLE = {
    "topic": "Roofs of Hilltop", "region": "Hilltop", "look_for": "buildings", "project_number": 1,
    "description": "Roofs found by a model.", "instruction": "Is the outline a roof?",
}  # fmt: skip


@routes.post(
    "/predictions/{prediction_id}/mapswipe/", Policy.OWNER, c.MapswipeState, status=202, sends=c.PushToMapswipe,
    refuses={409: "The result is not ready, empty, or with Mapswipe already."},
)  # fmt: skip
async def push_to_mapswipe(
    request: Request, prediction_id: Id, body: dict[str, Any] = JsonBody({}, examples=[EXAMPLE])
) -> Response:
    """A job pushes; ask the same path how far it is. The owner judges the body, which may be missing, after everything
    else."""
    return await send(request, c.PushToMapswipe(prediction_id=prediction_id, wishes=body))


@routes.get("/predictions/{prediction_id}/mapswipe/", Policy.PUBLIC_READ, c.MapswipeState)
async def get_mapswipe(request: Request, prediction_id: Id) -> Response:
    return await ask(request, c.GetMapswipe(prediction_id=prediction_id), wait=OUTSIDE)
