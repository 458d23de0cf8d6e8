"""`/feedback/training/submit/`: the model of a training learns from the areas that were marked for it.

It goes on from the checkpoint that is published of that model, with frozen layers where the base model has that option.
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
from gateway.body import Body, Id
from gateway.commands import send
from gateway.policy import Policy
from gateway.queries import answer
from gateway.v1.answers import Row, reshaped
from gateway.v1.base_models import declared
from gateway.v1.facts import Facts
from gateway.v1.feedback_areas import marked
from gateway.v1.routes import EarlyRoutes
from gateway.v1.run_rows import EarlyTraining
from gateway.v1.settings import early_settings
from gateway.v1.training_submit import LABELS, check_limits, refuse_second
from gateway.v1.trainings import Shape
from kit.errors import Invalid

routes = EarlyRoutes("feedback")
Zooms = Annotated[list[Annotated[int, Field(ge=19, le=21)]], Field(min_length=1, max_length=3)]


class FeedbackTrainingBody(Body):
    training_id: Id
    epochs: int = Field(20, ge=1)
    batch_size: int = Field(8, ge=1)
    zoom_level: Zooms = [19]


@routes.post(
    "/feedback/training/submit/", Policy.AUTH, EarlyTraining, scope="training_submit",
    sends=(d.BuildDraft, c.SubmitTraining),
    refuses={404: "There is no such model or dataset.", 409: "Its dataset cannot be built."},
)  # fmt: skip
async def submit_feedback_training(request: Request, body: FeedbackTrainingBody) -> Response:
    settings = early_settings()
    check_limits(body, {"epochs": settings.feedback_epochs, "batch_size": settings.feedback_batch_size})
    training = await Facts(request).training(body.training_id)
    if training is None:
        raise Invalid("unknown_training", "Invalid request data", training_id=["There is no such training."])
    await refuse_second(request, training["local_model"])
    dataset = await _marked(request, body.training_id)
    command = await _command(request, body, training, dataset)
    order = d.BuildDraft(dataset_id=dataset["id"], description=dataset["title"], zoom=body.zoom_level[0], **LABELS)
    response = await send(request, order)
    if response.status_code != 202 or "location" in response.headers:
        return response
    return await reshaped(await send(request, command), Shape(request), 200)


async def _command(request: Request, body: FeedbackTrainingBody, training: Row, dataset: Row) -> c.SubmitTraining:
    card = orjson.loads(await answer(request, c.GetModelCard(model_id=training["local_model"])))
    model = await Facts(request).model(training["local_model"])
    if model is None or not model["stac_item_id"]:
        words = "Its model has no published checkpoint to go on from; publish a training of it first."
        raise Invalid("no_checkpoint", words, training_id=[words])
    known = await declared(request, training["base_model_stac_id"])
    frozen = {"freeze_layers": True} if "freeze_layers" in known else {}
    return c.SubmitTraining(
        base_model_stac_id=training["base_model_stac_id"], dataset_stac_id=dataset["stac_id"], model_name=card["name"],
        description=f"With feedback on training {body.training_id}", when_built=True, alone=True,
        start_from=model["stac_item_id"], overrides={"epochs": body.epochs, "batch_size": body.batch_size, **frozen},
    )  # fmt: skip


async def _marked(request: Request, training_id: int) -> Row:
    """The dataset of areas whose labels are all there."""
    dataset = await marked(request, training_id)
    query = ListAois(dataset=dataset["id"], page=Page(limit=1000)) if dataset else None
    areas = orjson.loads(await answer(request, query))["results"] if query else []
    if dataset is None or not areas:
        raise Invalid("no_feedback", "No area was marked for this training.", training_id=["No feedback area."])
    if any(area["properties"]["label_status"] != 1 and not area["properties"]["label_count"] for area in areas):
        raise Invalid("no_labels", "Not all feedback areas have labels.", training_id=["Labels are missing."])
    return dataset
