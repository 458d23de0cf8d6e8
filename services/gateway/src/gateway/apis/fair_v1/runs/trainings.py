"""`/training/`: reads, cancels and publishes trainings; `training_submit` creates them."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog.models import GetBaseModel, PublishLocalModel, SetLocalModelVisibility
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.filters import rename_ordering
from gateway.apis.fair_v1.models.base_models import displayed_base_model, v1_base_model_name
from gateway.apis.fair_v1.related import RelatedData, accuracy_of
from gateway.apis.fair_v1.run_rows import V1Training, V1TrainingDetail
from gateway.apis.fair_v1.statuses import (
    STATES,
    V1Status,
    current_statuses,
    task_id,
)
from gateway.http.commands import send
from gateway.http.inputs.fields import Id, UserId
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT, PROMOTION_WAIT
from gateway.http.pagination import Ordered, Searched
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf, Said
from kit.errors import Conflict, Forbidden, Invalid

routes = Routes("training", V1)
OPTIONS = ("freeze_layers", "multimasks", "input_contact_spacing", "input_boundary_width")
LEAST_ACCURACY = {"RAMP": 70.0}
LEAST_ACCURACY_OF_OTHERS = 5.0


class TrainingFilters(Searched, Ordered):
    model: Id | None = None
    status: V1Status | None = None
    user: UserId | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"ordering": rename_ordering(self.ordering), "by_id": True})

    def fields(self) -> dict[str, Any]:
        return {"local_model": self.model, "statuses": current_statuses(self.status), "user": self.user}


@routes.get("/training/", Policy.PUBLIC_READ, ListOf[V1Training])
async def list_trainings(request: Request, filters: Annotated[TrainingFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, c.ListTrainings, filters), Shape(request))


@routes.get("/training/{training_id}/", Policy.PUBLIC_READ, V1TrainingDetail)
async def get_training(request: Request, training_id: Id) -> Response:
    return await to_v1(await ask(request, c.GetTraining(training_id=training_id)), Shape(request).detailed)


@routes.delete("/training/{training_id}/", Policy.OWNER, sends=c.DeleteTraining, refuses={409: "It has not ended yet."})
async def delete_training(request: Request, training_id: Id) -> Response:
    return await send(request, c.DeleteTraining(training_id=training_id))


@routes.post("/training/terminate/{training_id}/", Policy.OWNER, Said, sends=c.CancelRun)
async def terminate_training(request: Request, training_id: Id) -> Response:
    return await terminated(await send(request, c.CancelRun(training_id=training_id), wait=PIPELINE_SERVER_WAIT))


@routes.post(
    "/training/publish/{training_id}/", Policy.OWNER, str, status=201,
    sends=(PublishLocalModel, SetLocalModelVisibility), refuses={409: "It is not finished."},
)  # fmt: skip
async def publish_training(request: Request, training_id: Id) -> Response:
    """Promotes the run and makes the model visible to all."""
    training = orjson.loads(await answer(request, c.GetTraining(training_id=training_id)))
    await _check_publishable(request, training)
    promoted = await send(request, PublishLocalModel(training_id=training_id), wait=PROMOTION_WAIT)
    if promoted.status_code != 201:
        return promoted
    shown = await send(request, SetLocalModelVisibility(model_id=training["local_model"], visibility="public"))
    return await to_v1(shown, lambda _: "Training Published", 201)


async def _check_publishable(request: Request, training: Row) -> None:
    if STATES[training["status"]] != "FINISHED":
        raise Conflict("not_finished", "Training is not finished yet.")
    base = await v1_base_model_name(request, training["base_model_stac_id"])
    least, accuracy = LEAST_ACCURACY.get(base, LEAST_ACCURACY_OF_OTHERS), accuracy_of(training)
    if accuracy is None or accuracy < least:
        raise Forbidden("not_accurate", f"Can't publish a training with an accuracy below {least:g} %.")


async def terminated(response: Response) -> Response:
    """Raises 400 for a run that has ended already, as v1 did."""
    if response.status_code == 409:
        raise Invalid("not_running", "It is not running.")
    return await to_v1(response, lambda _: {"detail": "Cancelled."})


class Shape:
    def __init__(self, request: Request) -> None:
        self.related = RelatedData(request)

    async def detailed(self, row: Row) -> Row:
        given = await self.related.judgements(row["id"])
        counts = {"feedback_count": sum(given.values()), "approved_predictions_count": given.get("accept", 0)}
        return await self(row) | counts

    async def _model(self, row: Row) -> Row:
        """The catalog may not have the model yet when its first training was requested a moment ago."""
        found = await self.related.model(row["local_model"]) or {"title": "", "name": ""}
        base = await self.related.ask(GetBaseModel(stac_item_id=row["base_model_stac_id"]))
        name = base["name"] if base else row["base_model_stac_id"]
        return {
            "id": row["local_model"], "name": found["title"] or found["name"],
            "base_model": await displayed_base_model(self.related, name),
        }  # fmt: skip

    async def __call__(self, row: Row) -> Row:
        dataset = await self.related.dataset(row["dataset"]) or {}
        centre = await self.related.centre(row["dataset"])
        zoom = dataset.get("zoom")
        return {
            "id": row["id"], "model": await self._model(row), "source_imagery": dataset.get("source_imagery"),
            "description": row["description"], "status": STATES[row["status"]],
            "task_id": task_id("training", row["id"]), "zoom_level": [zoom] if zoom else [],
            **{name: row["overrides"].get(name) for name in ("epochs", "batch_size", *OPTIONS)},
            "accuracy": accuracy_of(row), "chips_length": dataset.get("chip_count"),
            "centroid": centre and {"type": "Point", "coordinates": centre},
            "user": await self.related.person(row["user"]), "created_at": row["submitted_at"],
            "started_at": row["started_at"], "finished_at": row["ended_at"],
        }  # fmt: skip
