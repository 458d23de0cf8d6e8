"""Fine-tuning: submit, watch, cancel, promote."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import ConfigDict, Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog.models import Published, PublishLocalModel
from contracts.shared import RunStatus
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair.runs import pipeline_runs
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, Keywords, UserId
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT, PROMOTION_WAIT
from gateway.http.pagination import Ordered
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("trainings", FAIR)
EXAMPLE = {"base_model_stac_id": "unet-v1", "dataset_stac_id": "hilltop-roofs-0a1b2c",
           "model_name": "Hilltop roofs", "overrides": {"epochs": 5}}  # fmt: skip


class SubmitBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    base_model_stac_id: str = Field(min_length=1, max_length=200)
    dataset_stac_id: str = Field(min_length=1, max_length=200)
    model_name: str = Field(min_length=1, max_length=200)
    overrides: dict[str, Any] = {}
    title: str = Field("", max_length=200)
    keywords: Keywords = []
    description: str = ""
    when_built: bool = Field(False, description="Accept a dataset that is being built; the run starts afterwards")

    @field_validator("keywords")
    @classmethod
    def _once(cls, keywords: list[str]) -> list[str]:
        return list(dict.fromkeys(keywords))


class CloneBody(Body):
    """Members that are given replace those of the other training."""

    model_name: str | None = Field(default=None, min_length=1, max_length=200)
    overrides: dict[str, Any] | None = None


class PublishBody(Body):
    title: str = Field(default="", max_length=200)
    description: str = ""


class TrainingFilters(Ordered):
    local_model: Id | None = None
    user: UserId | None = None
    status: RunStatus | None = None


@routes.get("/trainings/", Policy.AUTH, ListOf[c.Training])
async def list_trainings(request: Request, filters: Annotated[TrainingFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListTrainings, filters)


@routes.get("/trainings/{training_id}/", Policy.AUTH, c.Training)
async def get_training(request: Request, training_id: Id) -> Response:
    return await ask(request, c.GetTraining(training_id=training_id))


@routes.post(
    "/trainings/submit/", Policy.AUTH, c.Training, status=202, scope="training_submit", sends=c.SubmitTraining,
    refuses={403: "A model of this name belongs to another user.", 404: "There is no such model or dataset."},
)  # fmt: skip
async def submit_training(request: Request, body: SubmitBody) -> Response:
    return await send(request, c.SubmitTraining(**body.model_dump()))


@routes.post(
    "/trainings/{training_id}/retry/", Policy.OWNER, c.Training, status=202, scope="training_submit",
    sends=c.RetryTraining,
    refuses={409: "It neither failed nor was cancelled."},
)  # fmt: skip
async def retry_training(request: Request, training_id: Id) -> Response:
    return await send(request, c.RetryTraining(training_id=training_id))


@routes.post(
    "/trainings/{training_id}/clone/", Policy.AUTH, c.Training, status=202, scope="training_submit",
    sends=c.CloneTraining, refuses={403: "A model of this name belongs to another user."},
)  # fmt: skip
async def clone_training(request: Request, training_id: Id, body: CloneBody | None = None) -> Response:
    """Creates a training with the same model, dataset and texts."""
    return await send(request, c.CloneTraining(training_id=training_id, **(body or CloneBody()).model_dump()))


@routes.delete(
    "/trainings/{training_id}/", Policy.OWNER, sends=c.DeleteTraining, refuses={409: "It has not ended yet."}
)
async def delete_training(request: Request, training_id: Id) -> Response:
    """Only a training that has ended; what was published from it is kept."""
    return await send(request, c.DeleteTraining(training_id=training_id))


@routes.post(
    "/trainings/{training_id}/cancel/", Policy.OWNER, c.CancelledTraining, sends=c.CancelRun,
    refuses={409: "It has ended already."},
)  # fmt: skip
async def cancel_training(request: Request, training_id: Id, graceful: bool = False) -> Response:
    return await send(request, c.CancelRun(training_id=training_id, graceful=graceful), wait=PIPELINE_SERVER_WAIT)


@routes.get("/trainings/{training_id}/epochs/", Policy.AUTH, list[c.Epoch])
async def list_epochs(request: Request, training_id: Id) -> Response:
    """Returns the loss series, oldest epoch first."""
    return await ask(request, c.GetEpochs(training_id=training_id))


@routes.post(
    "/trainings/{training_id}/publish/", Policy.OWNER, Published, status=201, sends=PublishLocalModel,
    refuses={409: "It is not completed."},
)  # fmt: skip
async def publish_training(request: Request, training_id: Id, body: PublishBody | None = None) -> Response:
    values = (body or PublishBody()).model_dump()
    return await send(request, PublishLocalModel(training_id=training_id, **values), wait=PROMOTION_WAIT)


pipeline_runs.register_run_routes(routes, "/trainings", c)
