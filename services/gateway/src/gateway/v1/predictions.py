"""`/prediction/`: runs as v1 described them in `config`, and the small ones that are answered at once.

`config.checkpoint` names a model by its STAC id, or by the number of a training in it (`…/training_7/checkpoint.onnx`);
`config.model_id` may name a local model instead.
"""

import re
from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as c
from contracts import training as t
from contracts.base import Command
from contracts.shared import Page
from gateway.api import runs
from gateway.api.predictions import BoundingBox, Geometry, Imagery, Zoom, polygon_of
from gateway.body import Body, Id, UserId
from gateway.commands import send
from gateway.paging import Ordered, Searched
from gateway.policy import Policy
from gateway.queries import answer, ask, ask_rows
from gateway.schema import ListOf, Said
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.facts import Facts
from gateway.v1.filters import spelt
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyPrediction, Queued
from gateway.v1.statuses import STATES, EarlyStatus, task_id, todays
from gateway.v1.thresholds import parameters
from gateway.v1.trainings import terminated
from kit.errors import Invalid

routes = EarlyRoutes("prediction")
_TRAINING = re.compile(r"training_(\d{1,18})(?:\D|$)")
NOT_PARAMETERS = {"checkpoint", "zoom_level", "source", "model_id", "folder"}


class Config(Body):
    """Further members are parameters of the model."""

    model_config = ConfigDict(extra="allow")

    checkpoint: str = Field(min_length=1, max_length=4096)
    zoom_level: Zoom
    source: Imagery
    model_id: Id | None = None
    folder: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        return {key: value for key, value in self.model_dump().items() if key not in NOT_PARAMETERS}


class PredictionBody(Body):
    """`geom` or `bbox`."""

    geom: Geometry | None = None
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


class EarlyPredictionPatch(Body):
    mapswipe_id: str | int | None = None
    published: bool | None = None


class PredictionFilters(Searched, Ordered):
    status: EarlyStatus | None = None
    published: bool | None = None
    user: UserId | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"ordering": spelt(self.ordering)})

    def fields(self) -> dict[str, Any]:
        seen = {None: None, True: "public", False: "private"}[self.published]
        return {"statuses": todays(self.status), "visibility": seen, "user": self.user}


@routes.get("/prediction/", Policy.PUBLIC_READ, ListOf[EarlyPrediction])
async def list_predictions(request: Request, filters: Annotated[PredictionFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, c.ListPredictions, filters), Shape(request))


@routes.get("/prediction/{prediction_id}/", Policy.PUBLIC_READ, EarlyPrediction)
async def get_prediction(request: Request, prediction_id: Id) -> Response:
    return await reshaped(await ask(request, c.GetPrediction(prediction_id=prediction_id)), Shape(request))


async def submit(request: Request, body: PredictionBody) -> Response:
    """The asynchronous form of `POST /prediction/`."""
    config = body.config
    model = await model_of(request, config.checkpoint, config.model_id)
    command = c.SubmitPrediction(
        model_stac_id=model, image_uri=config.source, geometry=body.area, zoom=config.zoom_level,
        params=await parameters(request, model, config.params), description=body.description, one_polygon=True,
    )  # fmt: skip
    return await reshaped(await send(request, command), Shape(request), 201)


@routes.patch(
    "/prediction/{prediction_id}/", Policy.OWNER, EarlyPrediction, sends=(c.ChangePrediction, c.SetPredictionVisibility)
)
async def change_prediction(request: Request, prediction_id: Id, body: EarlyPredictionPatch) -> Response:
    response = await ask(request, c.GetPrediction(prediction_id=prediction_id))
    for command in _changes(prediction_id, body):
        response = await send(request, command)
        if response.status_code != 200:
            return response
    return await reshaped(response, Shape(request))


def _changes(prediction_id: int, body: EarlyPredictionPatch) -> list[Command]:
    changes: list[Command] = []
    if body.mapswipe_id is not None:
        changes.append(c.ChangePrediction(prediction_id=prediction_id, mapswipe_project_id=str(body.mapswipe_id)))
    if body.published is not None:
        seen = "public" if body.published else "private"
        changes.append(c.SetPredictionVisibility(prediction_id=prediction_id, visibility=seen))
    return changes


@routes.delete(
    "/prediction/{prediction_id}/", Policy.OWNER, sends=c.DeletePrediction, refuses={409: "It has not ended yet."}
)
async def delete_prediction(request: Request, prediction_id: Id) -> Response:
    return await send(request, c.DeletePrediction(prediction_id=prediction_id))


@routes.post("/prediction/{prediction_id}/retry/", Policy.OWNER, Queued, sends=c.RetryPrediction)
async def retry_prediction(request: Request, prediction_id: Id) -> Response:
    response = await send(request, c.RetryPrediction(prediction_id=prediction_id))
    if response.status_code == 409:
        raise Invalid("not_finished", "Only what has failed or finished can be tried again.")
    said = {"detail": "Queued for retry", "task_id": task_id("prediction", prediction_id)}
    return await reshaped(response, lambda _: said, 200)


@routes.post("/prediction/terminate/{prediction_id}/", Policy.OWNER, Said, sends=c.CancelRun)
async def terminate_prediction(request: Request, prediction_id: Id) -> Response:
    return await terminated(await send(request, c.CancelRun(prediction_id=prediction_id), wait=runs.OUTSIDE))


async def model_of(request: Request, checkpoint: str, model_id: int | None = None) -> str:
    """STAC id of the model that is meant. Invalid for one that was never published."""
    training = _TRAINING.search(checkpoint)
    if training:
        row = orjson.loads(await answer(request, t.GetTraining(training_id=int(training[1]))))
        return await published_id(request, row["local_model"])
    if model_id is not None and "/" in checkpoint:
        return await published_id(request, model_id)
    return checkpoint


async def published_id(request: Request, model_id: int) -> str:
    row = await Facts(request).model(model_id)
    if row is None or not row["stac_item_id"]:
        raise Invalid("not_published", "This model has no published training.", config=["Publish a training first."])
    return row["stac_item_id"]


class Shape:
    def __init__(self, request: Request) -> None:
        self.facts = Facts(request)

    async def __call__(self, row: Row) -> Row:
        config = {
            "checkpoint": row["local_model_stac_id"], "zoom_level": row["zoom"], "source": row["image_uri"],
            **row["params"],
        }  # fmt: skip
        return {
            "id": row["id"], "geom": row["geometry"], "description": row["description"], "config": config,
            "status": STATES[row["status"]], "task_id": task_id("prediction", row["id"]), "result": row["assets"],
            "mapswipe_id": row["mapswipe_project_id"], "published": row["visibility"] == "public",
            "published_at": row.get("published_at"), "user": await self.facts.person(row["user"]),
            "created_at": row["submitted_at"], "started_at": row.get("started_at"), "finished_at": row.get("ended_at"),
        }  # fmt: skip
