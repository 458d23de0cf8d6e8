"""Predictions of small areas while the caller waits."""

from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import PredictLive
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.areas import BoundingBox, Zoom
from gateway.http.inputs.fields import Body, TileTemplate
from gateway.http.limits.timeouts import INFERENCE_DEADLINE
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features

routes = Routes("predictions", FAIR)


class LiveBody(Body):
    model_stac_id: str = Field(min_length=1, max_length=64)
    image_uri: TileTemplate
    bbox: BoundingBox
    zoom: Zoom
    params: dict[str, Any] = {}


@routes.post(
    "/predictions/live/", Policy.AUTH, Features[Feature], deadline=INFERENCE_DEADLINE,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def predict_live(request: Request, body: LiveBody) -> Response:
    """Returns a FeatureCollection; nothing is stored."""
    return await ask(request, PredictLive(**body.model_dump()), wait=INFERENCE_DEADLINE - 1)
