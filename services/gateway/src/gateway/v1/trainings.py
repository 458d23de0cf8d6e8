"""`/training/`: a training of a model on the dataset that the model was drafted for.

A dataset that was never built is built first, at the first zoom that is asked for; the training waits for it. A
dataset that is built keeps its zoom.
"""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog import datasets as d
from contracts.catalog.models import PublishLocalModel, SetLocalModelVisibility
from contracts.shared import Page
from gateway.api import runs
from gateway.api.trainings import PROMOTION
from gateway.body import Body, Id, UserId
from gateway.commands import send
from gateway.paging import Ordered, Searched
from gateway.policy import Policy
from gateway.queries import answer, ask, ask_rows
from gateway.schema import ListOf, Said
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.base_models import declared, early_name
from gateway.v1.facts import Facts, accuracy_of
from gateway.v1.filters import spelt
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyTraining, EarlyTrainingDetail
from gateway.v1.settings import early_settings
from gateway.v1.statuses import STATES, UNDER_WAY, EarlyStatus, task_id, todays
from kit.errors import Conflict, Forbidden, Invalid, NotFound

routes = EarlyRoutes("training")
OPTIONS = ("freeze_layers", "multimasks", "input_contact_spacing", "input_boundary_width")
LEAST_ACCURACY = {"RAMP": 70.0}
LEAST_ACCURACY_OF_OTHERS = 5.0
Zooms = Annotated[list[Annotated[int, Field(ge=14, le=22)]], Field(min_length=1, max_length=4)]
LABELS: dict[str, Any] = {
    "label_tasks": ["semantic-segmentation"], "label_classes": [d.LabelClass(name="building", classes=["*"])],
    "keywords": ["building", "semantic-segmentation", "polygon"], "geometry_type": "polygon", "label_source": "stored",
}  # fmt: skip
"""What every dataset of v1 was about."""


class TrainingBody(Body):
    """Options that the base model does not declare are left out."""

    model: Id
    epochs: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    zoom_level: Zooms = [19]
    description: str = Field("", max_length=500)
    freeze_layers: bool = False
    multimasks: bool = False
    input_contact_spacing: int = Field(8, ge=0, le=20)
    input_boundary_width: int = Field(3, ge=0, le=10)


class TrainingFilters(Searched, Ordered):
    model: Id | None = None
    status: EarlyStatus | None = None
    user: UserId | None = None

    def page(self, size: int) -> Page:
        return super().page(size).model_copy(update={"ordering": spelt(self.ordering)})

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


@routes.post(
    "/training/", Policy.AUTH, EarlyTraining, status=201, scope="training_submit",
    sends=(c.SubmitTraining, d.BuildDraft),
    refuses={404: "There is no such model or dataset.", 409: "Its dataset cannot be built."},
)  # fmt: skip
async def submit_training(request: Request, body: TrainingBody) -> Response:
    card = await _card(request, body.model)
    _check_limits(body, early_settings().limits(await early_name(request, card["base_model_stac_id"])))
    await refuse_second(request, body.model)
    dataset = await _built(request, card["dataset"], body)
    if isinstance(dataset, Response):
        return dataset
    command = c.SubmitTraining(
        base_model_stac_id=card["base_model_stac_id"], dataset_stac_id=dataset["stac_id"], model_name=card["name"],
        description=body.description, overrides=await _overrides(request, body, card["base_model_stac_id"]),
        when_built=True, alone=True,
    )  # fmt: skip
    return await reshaped(await send(request, command), Shape(request), 201)


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
    return await reshaped(shown, lambda _: "Training Published", 201)  # type: ignore[arg-type,return-value]


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


async def _card(request: Request, model_id: int) -> Row:
    try:
        return orjson.loads(await answer(request, c.GetModelCard(model_id=model_id)))
    except NotFound as error:
        raise Invalid("unknown_model", error.detail, model=["There is no such model."]) from error


def _check_limits(body: TrainingBody, limits: dict[str, int]) -> None:
    wrong = {name: [f"Must not be greater than {most}."] for name, most in limits.items() if getattr(body, name) > most}
    if wrong:
        raise Invalid("over_the_limit", "Invalid request data", **wrong)


async def refuse_second(request: Request, model_id: int) -> None:
    query = c.ListTrainings(local_model=model_id, statuses=UNDER_WAY, page=Page(limit=1))  # type: ignore[arg-type]
    if orjson.loads(await answer(request, query))["count"]:
        raise Invalid("already_running", "Another training of this model is under way.", model=["It is in training."])


async def _built(request: Request, dataset_id: int | None, body: TrainingBody) -> Row | Response:
    """The dataset, built or about to be, if by somebody else a moment ago; or the refusal to build it."""
    dataset = await Facts(request).dataset(dataset_id)
    if dataset is None:
        raise Invalid("unknown_dataset", "The dataset of this model is gone.", model=["It has no dataset."])
    if dataset["status"] in ("built", "building"):
        return dataset
    if not (await Facts(request).labels(dataset["id"])):
        raise Invalid("no_labels", "The dataset has no label.", model=["Its dataset has no label."])
    order = d.BuildDraft(dataset_id=dataset["id"], description=dataset["title"], zoom=body.zoom_level[0], **LABELS)
    response = await send(request, order)
    if response.status_code == 409:
        return await Facts(request).dataset(dataset_id) or response
    judged = response.status_code == 202 and "location" not in response.headers
    return orjson.loads(response.body) if judged else response


async def _overrides(request: Request, body: TrainingBody, base: str) -> dict[str, Any]:
    known = await declared(request, base)
    options = {name: getattr(body, name) for name in OPTIONS if name in known}
    return {"epochs": body.epochs, "batch_size": body.batch_size, **options}


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
