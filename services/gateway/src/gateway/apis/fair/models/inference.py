"""The endpoint that STAC items name as `mlm:inference-endpoint`: one address for all models, with the protocol of
fAIr's model servers. The model is always the one of the catalogue; the address in the body identifies it and is never
fetched."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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
_MODEL = re.compile(r"/(?:base|local)-models/([A-Za-z0-9][A-Za-z0-9._-]{0,63})/")


def _of_an_item(model_uri: str) -> str:
    if not _MODEL.search(model_uri):
        raise ValueError("must be the address of the model asset of an item of this catalogue")
    return model_uri


class InferenceBody(Body):
    model_uri: Annotated[str, Field(max_length=4096), AfterValidator(_of_an_item)]
    image_uri: TileTemplate
    bbox: BoundingBox
    zoom: Zoom
    params: dict[str, Any] = {}

    @property
    def item_id(self) -> str:
        return _MODEL.findall(self.model_uri)[0]


class Answering(BaseModel):
    status: Literal["ok"] = "ok"


@routes.post(
    "/inference/predict/", Policy.ANON, Features[Feature], deadline=INFERENCE_DEADLINE,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def infer(request: Request, body: InferenceBody) -> Response:
    """Returns a FeatureCollection of any model that the caller may see; nothing is stored."""
    asked = body.model_dump(exclude={"model_uri"})
    return await ask(request, PredictLive(model_stac_id=body.item_id, **asked), wait=INFERENCE_DEADLINE - 1)


@routes.get("/inference/health/", Policy.OPEN, Answering, scope=None)
async def inference_health(request: Request) -> Response:
    return JSONResponse(Answering().model_dump())
