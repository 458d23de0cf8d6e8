"""`/feedback/training/submit/`: trains the model of a training on the areas that were marked for it.

The run continues from the published checkpoint of that model, with frozen layers when the base model has that option.
"""

from typing import Annotated

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog import datasets as d
from contracts.catalog.areas import ListAois
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.models.base_models import declared
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.run_rows import V1Training
from gateway.apis.fair_v1.runs.feedback_areas import feedback_dataset
from gateway.apis.fair_v1.runs.training_submit import LABELS, check_limits, refuse_second
from gateway.apis.fair_v1.runs.trainings import Shape
from gateway.apis.fair_v1.settings import v1_settings
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes
from kit.errors import Invalid

routes = Routes("feedback", V1)
Zooms = Annotated[list[Annotated[int, Field(ge=19, le=21)]], Field(min_length=1, max_length=3)]


class FeedbackTrainingBody(Body):
    training_id: Id
    epochs: int = Field(20, ge=1)
    batch_size: int = Field(8, ge=1)
    zoom_level: Zooms = [19]


@routes.post(
    "/feedback/training/submit/", Policy.AUTH, V1Training, scope="training_submit",
    sends=(d.BuildDraft, c.SubmitTraining),
    refuses={404: "There is no such model or dataset.", 409: "Its dataset cannot be built."},
)  # fmt: skip
async def submit_feedback_training(request: Request, body: FeedbackTrainingBody) -> Response:
    settings = v1_settings()
    check_limits(body, {"epochs": settings.feedback_epochs, "batch_size": settings.feedback_batch_size})
    training = await RelatedData(request).training(body.training_id)
    if training is None:
        raise Invalid("unknown_training", "Invalid request data", training_id=["There is no such training."])
    await refuse_second(request, training["local_model"])
    dataset = await _labelled_dataset(request, body.training_id)
    command = await _command(request, body, training, dataset)
    order = d.BuildDraft(dataset_id=dataset["id"], description=dataset["title"], zoom=body.zoom_level[0], **LABELS)
    response = await send(request, order)
    if response.status_code != 202 or "location" in response.headers:
        return response
    return await to_v1(await send(request, command), Shape(request), 200)


async def _command(request: Request, body: FeedbackTrainingBody, training: Row, dataset: Row) -> c.SubmitTraining:
    card = orjson.loads(await answer(request, c.GetModelCard(model_id=training["local_model"])))
    model = await RelatedData(request).model(training["local_model"])
    if model is None or not model["stac_item_id"]:
        message = "Its model has no published checkpoint to continue from; publish a training of it first."
        raise Invalid("no_checkpoint", message, training_id=[message])
    known = await declared(request, training["base_model_stac_id"])
    frozen = {"freeze_layers": True} if "freeze_layers" in known else {}
    return c.SubmitTraining(
        base_model_stac_id=training["base_model_stac_id"], dataset_stac_id=dataset["stac_id"], model_name=card["name"],
        description=f"With feedback on training {body.training_id}", when_built=True, alone=True,
        start_from=model["stac_item_id"], overrides={"epochs": body.epochs, "batch_size": body.batch_size, **frozen},
    )  # fmt: skip


async def _labelled_dataset(request: Request, training_id: int) -> Row:
    """Returns the dataset of areas. Raises Invalid while labels are missing."""
    dataset = await feedback_dataset(request, training_id)
    query = ListAois(dataset=dataset["id"], page=Page(limit=1000)) if dataset else None
    areas = orjson.loads(await answer(request, query))["results"] if query else []
    if dataset is None or not areas:
        raise Invalid("no_feedback", "No area was marked for this training.", training_id=["No feedback area."])
    if any(area["properties"]["label_status"] != 1 and not area["properties"]["label_count"] for area in areas):
        raise Invalid("no_labels", "Not all feedback areas have labels.", training_id=["Labels are missing."])
    return dataset
