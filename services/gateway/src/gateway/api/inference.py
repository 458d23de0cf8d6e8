"""What STAC items name as `mlm:inference-endpoint`: one address for all models, spoken to as fAIr's model servers are.
The model itself is always the catalogue's; an address names it and is never fetched."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.prediction import PredictLive
from gateway.api.live import LIVE
from gateway.api.predictions import BoundingBox, Imagery, Zoom
from gateway.body import Body
from gateway.policy import Policy
from gateway.queries import ask
from gateway.routing import Routes
from gateway.schema import Feature, Features

routes = Routes("predictions")
_MODEL = re.compile(r"/(?:base|local)-models/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/")


def _of_an_item(model_uri: str) -> str:
    if not _MODEL.search(model_uri):
        raise ValueError("must be the address of the model asset of an item of this catalogue")
    return model_uri


class InferenceBody(Body):
    model_uri: Annotated[str, Field(max_length=4096), AfterValidator(_of_an_item)]
    image_uri: Imagery
    bbox: BoundingBox
    zoom: Zoom
    params: dict[str, Any] = {}

    @property
    def item_id(self) -> str:
        return _MODEL.findall(self.model_uri)[0]


class Answering(BaseModel):
    status: Literal["ok"] = "ok"


@routes.post(
    "/inference/predict/", Policy.ANON, Features[Feature], deadline=LIVE,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def infer(request: Request, body: InferenceBody) -> Response:
    """A FeatureCollection at once, of any model that the caller may see; nothing is stored."""
    asked = body.model_dump(exclude={"model_uri"})
    return await ask(request, PredictLive(model_stac_id=body.item_id, **asked), wait=LIVE - 1)


@routes.get("/inference/health/", Policy.OPEN, Answering, scope=None)
async def inference_health(request: Request) -> Response:
    return JSONResponse(Answering().model_dump())
