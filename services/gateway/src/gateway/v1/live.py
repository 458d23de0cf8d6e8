"""`POST /prediction/`: with `config` a run, without it the synchronous form of early v1, on the live endpoint."""

from typing import Annotated, Any

import orjson
from pydantic import Discriminator, Field, Tag
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as c
from gateway.api.predictions import LIVE, BoundingBox, Imagery
from gateway.body import Body, Id
from gateway.policy import Policy
from gateway.queries import JSON, answer
from gateway.schema import Feature, Features
from gateway.v1.facts import Facts
from gateway.v1.predictions import PredictionBody, submit
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyPrediction
from kit.errors import Invalid, NotFound

routes = EarlyRoutes("prediction")
EMPTY: dict[int | str, dict[str, Any]] = {204: {"description": "Nothing was found"}}
ANGLE = Field(15, ge=0, le=45)


class EarlyLiveBody(Body):
    """What the ways of cleaning polygons were told in v1; the models of today clean theirs themselves, so of these only
    `confidence`, `tolerance` (m) and `area_threshold` (m²) reach the model, where it has such a parameter."""

    bbox: BoundingBox
    model_id: Id
    zoom_level: int = Field(ge=18, le=22)
    source: Imagery | None = None
    use_josm_q: bool = False
    confidence: float = Field(50, ge=0, le=100)
    max_angle_change: float = ANGLE
    skew_tolerance: float = ANGLE
    tolerance: float | None = Field(None, ge=0, le=10)
    area_threshold: float | None = Field(None, ge=0, le=20)
    tile_overlap_distance: float = Field(0.15, ge=0, le=1)

    @property
    def params(self) -> dict[str, Any]:
        given = {"tolerance": self.tolerance, "min_area": self.area_threshold}
        return {"confidence_threshold": self.confidence / 100, **{k: v for k, v in given.items() if v is not None}}


def _form(body: Any) -> str:
    return "(run)" if isinstance(body, PredictionBody) or (isinstance(body, dict) and "config" in body) else "(live)"


AnyBody = Annotated[
    Annotated[PredictionBody, Tag("(run)")] | Annotated[EarlyLiveBody, Tag("(live)")], Discriminator(_form)
]  # fmt: skip


@routes.post(
    "/prediction/", Policy.AUTH, EarlyPrediction | Features[Feature], status=201, scope="prediction_submit",
    deadline=LIVE, responses=EMPTY, sends=c.SubmitPrediction,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def predict(request: Request, body: AnyBody) -> Response:
    return await submit(request, body) if isinstance(body, PredictionBody) else await _at_once(request, body)


async def _at_once(request: Request, body: EarlyLiveBody) -> Response:
    facts = Facts(request)
    row = await facts.model(body.model_id)
    if row is None or not row["stac_item_id"]:
        raise NotFound("not_published", "This model has no published training.")
    dataset = await facts.dataset(row["dataset"])
    source = body.source or (dataset or {}).get("source_imagery")
    if source is None:
        raise Invalid("no_imagery", "Invalid request data", source=["This field is required."])
    query = c.PredictLive(model_stac_id=row["stac_item_id"], image_uri=source, bbox=body.bbox, zoom=body.zoom_level,
                          params=body.params)  # fmt: skip
    found = orjson.loads(await answer(request, query, LIVE - 1))
    if not found["features"]:
        return Response(status_code=204)
    return Response(orjson.dumps(found | {"features": [_tagged(f) for f in found["features"]]}), 201, media_type=JSON)


def _tagged(feature: dict[str, Any]) -> dict[str, Any]:
    return feature | {"properties": {**feature["properties"], "building": "yes", "source": "fAIr"}}
