"""Prediction runs, which v1 described in `config`.

`config.checkpoint` names a model by its STAC id, or by the number of one of its trainings
(`…/training_7/checkpoint.onnx`); `config.model_id` may name a local model instead.
"""

import re
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import SubmitPrediction
from contracts.training import GetTraining
from gateway.apis.fair_v1.answers import to_v1
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.runs.predictions import Shape
from gateway.apis.fair_v1.runs.thresholds import parameters
from gateway.http.commands import send
from gateway.http.inputs.areas import BoundingBox, Geometry, Zoom, polygon_of
from gateway.http.inputs.fields import Body, Id, TileTemplate
from gateway.http.inputs.geometry_text import read
from gateway.http.queries import answer
from kit.errors import Invalid

_TRAINING = re.compile(r"training_(\d{1,18})(?:\D|$)")
NOT_PARAMETERS = {"checkpoint", "zoom_level", "source", "model_id", "folder"}


class Config(Body):
    """Further members are parameters of the model."""

    model_config = ConfigDict(extra="allow")

    checkpoint: str = Field(min_length=1, max_length=4096)
    zoom_level: Zoom
    source: TileTemplate
    model_id: Id | None = None
    folder: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {key: value for key, value in self.model_dump().items() if key not in NOT_PARAMETERS}


class PredictionBody(Body):
    """`geom` or `bbox`."""

    geom: Annotated[Geometry | None, BeforeValidator(read)] = None
    bbox: BoundingBox | None = None
    description: str = ""
    config: Config

    @model_validator(mode="after")
    def _one(self) -> "PredictionBody":
        if (self.bbox is None) == (self.geom is None):
            raise ValueError("exactly one of bbox and geom is needed")
        return self

    @property
    def area(self) -> dict[str, Any]:
        return self.geom.model_dump() if self.geom else polygon_of(self.bbox or (0, 0, 0, 0))


async def submit(request: Request, body: PredictionBody) -> Response:
    """The asynchronous form of `POST /prediction/`."""
    config = body.config
    model = await model_of(request, config.checkpoint, config.model_id)
    command = SubmitPrediction(
        model_stac_id=model, image_uri=config.source, geometry=body.area, zoom=config.zoom_level,
        params=await parameters(request, model, config.params), description=body.description, one_polygon=True,
    )  # fmt: skip
    return await to_v1(await send(request, command), Shape(request), 201)


async def model_of(request: Request, checkpoint: str, model_id: int | None = None) -> str:
    """Returns the STAC id of the model. Raises Invalid for one that was never published."""
    training = _TRAINING.search(checkpoint)
    if training:
        row = orjson.loads(await answer(request, GetTraining(training_id=int(training[1]))))
        return await published_id(request, row["local_model"])
    if model_id is not None and "/" in checkpoint:
        return await published_id(request, model_id)
    return checkpoint


async def published_id(request: Request, model_id: int) -> str:
    row = await RelatedData(request).model(model_id)
    if row is None or not row["stac_item_id"]:
        raise Invalid("not_published", "This model has no published training.", config=["Publish a training first."])
    return row["stac_item_id"]
