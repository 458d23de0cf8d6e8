"""Predictions of small areas at once."""

from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import PredictLive
from gateway.api.predictions import BoundingBox, Imagery, Zoom
from gateway.body import Body
from gateway.policy import Policy
from gateway.queries import ask
from gateway.routing import Routes
from gateway.schema import Feature, Features

routes = Routes("predictions")
LIVE = 60.0


class LiveBody(Body):
    model_stac_id: str = Field(min_length=1, max_length=64)
    image_uri: Imagery
    bbox: BoundingBox
    zoom: Zoom
    params: dict[str, Any] = {}


@routes.post(
    "/predictions/live/", Policy.AUTH, Features[Feature], deadline=LIVE,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def predict_live(request: Request, body: LiveBody) -> Response:
    """A FeatureCollection at once; nothing is stored."""
    return await ask(request, PredictLive(**body.model_dump()), wait=LIVE - 1)
