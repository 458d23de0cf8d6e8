"""`/training/`: trainings, read, ended and published; `training_submit` makes them."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog.models import PublishLocalModel, SetLocalModelVisibility
from contracts.shared import Page
from gateway.api import runs
from gateway.api.trainings import PROMOTION
from gateway.body import Id, UserId
from gateway.commands import send
from gateway.paging import Ordered, Searched
from gateway.policy import Policy
from gateway.queries import answer, ask, ask_rows
from gateway.schema import ListOf, Said
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.base_models import early_name
from gateway.v1.facts import Facts, accuracy_of
from gateway.v1.filters import spelt
from gateway.v1.routes import EarlyRoutes
from gateway.v1.run_rows import EarlyTraining, EarlyTrainingDetail
from gateway.v1.statuses import STATES, EarlyStatus, task_id, todays
from kit.errors import Conflict, Forbidden, Invalid

routes = EarlyRoutes("training")
OPTIONS = ("freeze_layers", "multimasks", "input_contact_spacing", "input_boundary_width")
LEAST_ACCURACY = {"RAMP": 70.0}
LEAST_ACCURACY_OF_OTHERS = 5.0


class TrainingFilters(Searched, Ordered):
    model: Id | None = None
    status: EarlyStatus | None = None
    user: UserId | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"ordering": spelt(self.ordering), "by_id": True})

    def fields(self) -> dict[str, Any]:
        return {"local_model": self.model, "statuses": todays(self.status), "user": self.user}


@routes.get("/training/", Policy.PUBLIC_READ, ListOf[EarlyTraining])
async def list_trainings(request: Request, filters: Annotated[TrainingFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, c.ListTrainings, filters), Shape(request))


@routes.get("/training/{training_id}/", Policy.PUBLIC_READ, EarlyTrainingDetail)
async def get_training(request: Request, training_id: Id) -> Response:
    return await reshaped(await ask(request, c.GetTraining(training_id=training_id)), Shape(request).detailed)


@routes.delete("/training/{training_id}/", Policy.OWNER, sends=c.DeleteTraining, refuses={409: "It has not ended yet."})
async def delete_training(request: Request, training_id: Id) -> Response:
    return await send(request, c.DeleteTraining(training_id=training_id))


@routes.post("/training/terminate/{training_id}/", Policy.OWNER, Said, sends=c.CancelRun)
async def terminate_training(request: Request, training_id: Id) -> Response:
    return await terminated(await send(request, c.CancelRun(training_id=training_id), wait=runs.OUTSIDE))


@routes.post(
    "/training/publish/{training_id}/", Policy.OWNER, str, status=201,
    sends=(PublishLocalModel, SetLocalModelVisibility), refuses={409: "It is not finished."},
)  # fmt: skip
async def publish_training(request: Request, training_id: Id) -> Response:
    """Promotes the run and shows the model to everybody."""
    training = orjson.loads(await answer(request, c.GetTraining(training_id=training_id)))
    await _check_publishable(request, training)
    promoted = await send(request, PublishLocalModel(training_id=training_id), wait=PROMOTION)
    if promoted.status_code != 201:
        return promoted
    shown = await send(request, SetLocalModelVisibility(model_id=training["local_model"], visibility="public"))
    return await reshaped(shown, lambda _: "Training Published", 201)


async def _check_publishable(request: Request, training: Row) -> None:
    if STATES[training["status"]] != "FINISHED":
        raise Conflict("not_finished", "Training is not finished yet.")
    base = await early_name(request, training["base_model_stac_id"])
    least, accuracy = LEAST_ACCURACY.get(base, LEAST_ACCURACY_OF_OTHERS), accuracy_of(training)
    if accuracy is None or accuracy < least:
        raise Forbidden("not_accurate", f"Can't publish a training with an accuracy below {least:g} %.")


async def terminated(response: Response) -> Response:
    """400 for what has ended already, as v1 said it."""
    if response.status_code == 409:
        raise Invalid("not_running", "It is not running.")
    return await reshaped(response, lambda _: {"detail": "Cancelled."})


class Shape:
    def __init__(self, request: Request) -> None:
        self.facts = Facts(request)

    async def detailed(self, row: Row) -> Row:
        given = await self.facts.judgements(row["id"])
        counts = {"feedback_count": sum(given.values()), "approved_predictions_count": given.get("accept", 0)}
        return await self(row) | counts

    async def __call__(self, row: Row) -> Row:
        dataset = await self.facts.dataset(row["dataset"]) or {}
        centre = await self.facts.centre(row["dataset"])
        zoom = dataset.get("zoom")
        return {
            "id": row["id"], "model": row["local_model"], "source_imagery": dataset.get("source_imagery"),
            "description": row["description"], "status": STATES[row["status"]],
            "task_id": task_id("training", row["id"]), "zoom_level": [zoom] if zoom else [],
            **{name: row["overrides"].get(name) for name in ("epochs", "batch_size", *OPTIONS)},
            "accuracy": accuracy_of(row), "chips_length": dataset.get("chip_count"),
            "centroid": centre and {"type": "Point", "coordinates": centre},
            "user": await self.facts.person(row["user"]), "created_at": row["submitted_at"],
            "started_at": row["started_at"], "finished_at": row["ended_at"],
        }  # fmt: skip
