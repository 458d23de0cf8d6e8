"""`POST /training/`: a training of a model on the dataset that the model was drafted for.

A dataset that was never built is built first, at the first zoom that is asked for; the training waits for it. A
dataset that is built keeps its zoom.
"""

from typing import Annotated, Any

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog import datasets as d
from contracts.shared import Page
from gateway.body import Body, Id
from gateway.commands import send
from gateway.policy import Policy
from gateway.queries import answer
from gateway.v1.answers import Row, reshaped
from gateway.v1.base_models import declared, early_name
from gateway.v1.facts import Facts
from gateway.v1.routes import EarlyRoutes
from gateway.v1.run_rows import EarlyTraining
from gateway.v1.settings import early_settings
from gateway.v1.statuses import UNDER_WAY
from gateway.v1.trainings import OPTIONS, Shape
from kit.errors import Invalid, NotFound

routes = EarlyRoutes("training")
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


@routes.post(
    "/training/", Policy.AUTH, EarlyTraining, status=201, scope="training_submit",
    sends=(c.SubmitTraining, d.BuildDraft),
    refuses={404: "There is no such model or dataset.", 409: "Its dataset cannot be built."},
)  # fmt: skip
async def submit_training(request: Request, body: TrainingBody) -> Response:
    card = await _card(request, body.model)
    check_limits(body, early_settings().limits(await early_name(request, card["base_model_stac_id"])))
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


async def _card(request: Request, model_id: int) -> Row:
    try:
        return orjson.loads(await answer(request, c.GetModelCard(model_id=model_id)))
    except NotFound as error:
        raise Invalid("unknown_model", error.detail, model=["There is no such model."]) from error


def check_limits(body: Body, limits: dict[str, int]) -> None:
    wrong = {name: [f"Must not be greater than {most}."] for name, most in limits.items() if getattr(body, name) > most}
    if wrong:
        raise Invalid("over_the_limit", "Invalid request data", **wrong)


async def refuse_second(request: Request, model_id: int) -> None:
    query = c.ListTrainings(local_model=model_id, statuses=UNDER_WAY, page=Page(limit=1))
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
