"""`POST /prediction/`: a run with `config`; without it an immediate prediction, as in early v1. `POST /predict/` is
immediate as well and accepts a checkpoint, as the predictor of late v1."""

from typing import Annotated, Any

import orjson
from pydantic import Discriminator, Field, Tag, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as c
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.run_rows import V1Prediction
from gateway.apis.fair_v1.runs.prediction_submit import PredictionBody, model_of, submit
from gateway.apis.fair_v1.runs.thresholds import parameters
from gateway.http.inputs.areas import BoundingBox
from gateway.http.inputs.fields import Body, Id, TileTemplate
from gateway.http.limits.timeouts import INFERENCE_DEADLINE
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features
from kit.errors import Invalid, NotFound

routes = Routes("prediction", V1)
EMPTY: dict[int | str, dict[str, Any]] = {204: {"description": "Nothing was found"}}
ANGLE = Field(15, ge=0, le=45)


class V1LiveBody(Body):
    """`tolerance` in metres, `area_threshold` in square metres; the defaults are those of the model."""

    bbox: BoundingBox
    model_id: Id
    zoom_level: int = Field(ge=18, le=22)
    source: TileTemplate | None = None
    use_josm_q: bool | None = None
    confidence: float = Field(50, ge=0, le=100)
    max_angle_change: float = ANGLE
    skew_tolerance: float = ANGLE
    tolerance: float | None = Field(None, ge=0, le=10)
    area_threshold: float | None = Field(None, ge=0, le=20)
    tile_overlap_distance: float = Field(0.15, ge=0, le=1)

    @property
    def thresholds(self) -> dict[str, Any]:
        return self.model_dump(exclude={"bbox", "model_id", "zoom_level", "source", "checkpoint"}, exclude_none=True)

    async def model(self, request: Request) -> tuple[str, str | None]:
        """Returns the STAC id of the published model, and the imagery of its dataset. Raises NotFound for an
        unpublished model."""
        return await _published(request, self.model_id)


class V1PredictorBody(V1LiveBody):
    """`model_id` names the model, or `checkpoint` as in the configuration of a run."""

    model_id: Id | None = None  # type: ignore[assignment]
    checkpoint: str | None = Field(None, min_length=1, max_length=4096)
    orthogonalize: bool | None = None

    @model_validator(mode="after")
    def _named(self) -> "V1PredictorBody":
        if self.model_id is None and self.checkpoint is None:
            raise ValueError("model_id or checkpoint is needed")
        return self

    async def model(self, request: Request) -> tuple[str, str | None]:
        if self.model_id is not None:
            return await _published(request, self.model_id)
        try:
            return await model_of(request, self.checkpoint or ""), None
        except Invalid as error:
            raise NotFound(error.code, error.detail) from error


def _form(body: Any) -> str:
    return "(run)" if isinstance(body, PredictionBody) or (isinstance(body, dict) and "config" in body) else "(live)"


AnyBody = Annotated[
    Annotated[PredictionBody, Tag("(run)")] | Annotated[V1LiveBody, Tag("(live)")], Discriminator(_form)
]  # fmt: skip


@routes.post(
    "/prediction/", Policy.AUTH, V1Prediction | Features[Feature], status=201, scope="prediction_submit",
    body=None, deadline=INFERENCE_DEADLINE, responses=EMPTY, sends=c.SubmitPrediction,
    refuses={404: "There is no such model.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def predict(request: Request, body: AnyBody) -> Response:
    return await submit(request, body) if isinstance(body, PredictionBody) else await _at_once(request, body)


@routes.post(
    "/predict/", Policy.AUTH, Features[Feature], status=201, scope="prediction_submit",
    deadline=INFERENCE_DEADLINE, responses=EMPTY,
    refuses={404: "The model has no published training.", 422: "The model or the imagery cannot be used now."},
)  # fmt: skip
async def predict_at_once(request: Request, body: V1PredictorBody) -> Response:
    return await _at_once(request, body)


async def _published(request: Request, model_id: int) -> tuple[str, str | None]:
    related = RelatedData(request)
    row = await related.model(model_id)
    if row is None or not row["stac_item_id"]:
        raise NotFound("not_published", "This model has no published training.")
    return row["stac_item_id"], (await related.dataset(await related.dataset_id(row)) or {}).get("source_imagery")


async def _at_once(request: Request, body: V1LiveBody) -> Response:
    model, imagery = await body.model(request)
    source = body.source or imagery
    if source is None:
        raise Invalid("no_imagery", "Invalid request data", source=["This field is required."])
    params = await parameters(request, model, body.thresholds)
    query = c.PredictLive(model_stac_id=model, image_uri=source, bbox=body.bbox, zoom=body.zoom_level, params=params)
    found = orjson.loads(await answer(request, query, INFERENCE_DEADLINE - 1))
    if not found["features"]:
        return Response(status_code=204)
    return Response(orjson.dumps(found | {"features": [_tagged(f) for f in found["features"]]}), 201, media_type=JSON)


def _tagged(feature: dict[str, Any]) -> dict[str, Any]:
    return feature | {"properties": {**feature["properties"], "building": "yes", "source": "fAIr"}}
