"""`/prediction/`: reads and changes predictions; `prediction_submit` and `live` create them."""

from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as c
from contracts.base import Command
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.filters import rename_ordering
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.run_rows import Queued, V1Prediction
from gateway.apis.fair_v1.runs.trainings import terminated
from gateway.apis.fair_v1.statuses import (
    STATES,
    V1Status,
    current_statuses,
    task_id,
)
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, UserId
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.pagination import Ordered, Searched
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf, Said
from kit.errors import Invalid

routes = Routes("prediction", V1)


class V1PredictionPatch(Body):
    mapswipe_id: str | int | None = None
    published: bool | None = None


class PredictionFilters(Searched, Ordered):
    status: V1Status | None = None
    published: bool | None = None
    user: UserId | None = None
    id: Id | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"ordering": rename_ordering(self.ordering), "by_id": True})

    def fields(self) -> dict[str, Any]:
        seen = {None: None, True: "public", False: "private"}[self.published]
        return {
            "statuses": current_statuses(self.status),
            "visibility": seen,
            "user": self.user,
            "prediction_id": self.id,
        }


@routes.get("/prediction/", Policy.PUBLIC_READ, ListOf[V1Prediction])
async def list_predictions(request: Request, filters: Annotated[PredictionFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, c.ListPredictions, filters), Shape(request))


@routes.get("/prediction/{prediction_id}/", Policy.PUBLIC_READ, V1Prediction)
async def get_prediction(request: Request, prediction_id: Id) -> Response:
    return await to_v1(await ask(request, c.GetPrediction(prediction_id=prediction_id)), Shape(request))


@routes.patch(
    "/prediction/{prediction_id}/", Policy.OWNER, V1Prediction, sends=(c.ChangePrediction, c.SetPredictionVisibility)
)
async def change_prediction(request: Request, prediction_id: Id, body: V1PredictionPatch) -> Response:
    response = await ask(request, c.GetPrediction(prediction_id=prediction_id))
    for command in _changes(prediction_id, body):
        response = await send(request, command)
        if response.status_code != 200:
            return response
    return await to_v1(response, Shape(request))


def _changes(prediction_id: int, body: V1PredictionPatch) -> list[Command]:
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


@routes.post(
    "/prediction/{prediction_id}/retry/", Policy.OWNER, Queued, scope="prediction_submit", sends=c.RetryPrediction
)
async def retry_prediction(request: Request, prediction_id: Id) -> Response:
    response = await send(request, c.RetryPrediction(prediction_id=prediction_id))
    if response.status_code == 409:
        raise Invalid("not_finished", "Only failed or finished predictions can be retried.")
    queued = {"detail": "Queued for retry", "task_id": task_id("prediction", prediction_id)}
    return await to_v1(response, lambda _: queued, 200)


@routes.post("/prediction/terminate/{prediction_id}/", Policy.OWNER, Said, sends=c.CancelRun)
async def terminate_prediction(request: Request, prediction_id: Id) -> Response:
    return await terminated(await send(request, c.CancelRun(prediction_id=prediction_id), wait=PIPELINE_SERVER_WAIT))


class Shape:
    def __init__(self, request: Request) -> None:
        self.related = RelatedData(request)

    async def __call__(self, row: Row) -> Row:
        config = {
            "checkpoint": row["local_model_stac_id"], "zoom_level": row["zoom"], "source": row["image_uri"],
            **row["params"],
        }  # fmt: skip
        return {
            "id": row["id"], "geom": row["geometry"], "description": row["description"], "config": config,
            "status": STATES[row["status"]], "task_id": task_id("prediction", row["id"]), "result": row["assets"],
            "mapswipe_id": row["mapswipe_project_id"], "published": row["visibility"] == "public",
            "published_at": row.get("published_at"), "user": await self.related.person(row["user"]),
            "created_at": row["submitted_at"], "started_at": row.get("started_at"), "finished_at": row.get("ended_at"),
        }  # fmt: skip
