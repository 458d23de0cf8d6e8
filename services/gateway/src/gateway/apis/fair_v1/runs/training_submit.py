"""`POST /training/`: trains a model on the dataset that it was drafted for.

A dataset that was never built is built first, at the first requested zoom; the training waits for it. A built dataset
keeps its zoom.
"""

from typing import Annotated, Any

import orjson
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog import datasets as d
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.models.base_models import declared, v1_base_model_name
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.run_rows import V1Training
from gateway.apis.fair_v1.runs.trainings import OPTIONS, Shape
from gateway.apis.fair_v1.settings import v1_settings
from gateway.apis.fair_v1.statuses import UNDER_WAY
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes
from kit.errors import Invalid, NotFound

routes = Routes("training", V1)
Zooms = Annotated[list[Annotated[int, Field(ge=14, le=22)]], Field(min_length=1, max_length=4)]
LABELS: dict[str, Any] = {
    "label_tasks": ["semantic-segmentation"], "label_classes": [d.LabelClass(name="building", classes=["*"])],
    "keywords": ["building", "semantic-segmentation", "polygon"], "geometry_type": "polygon", "label_source": "stored",
}  # fmt: skip
"""What all datasets of v1 have in common."""


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
    "/training/", Policy.AUTH, V1Training, status=201, scope="training_submit",
    sends=(c.SubmitTraining, d.BuildDraft),
    refuses={404: "There is no such model or dataset.", 409: "Its dataset cannot be built."},
)  # fmt: skip
async def submit_training(request: Request, body: TrainingBody) -> Response:
    card = await _card(request, body.model)
    check_limits(body, v1_settings().limits(await v1_base_model_name(request, card["base_model_stac_id"])))
    await refuse_second(request, body.model)
    dataset = await _built(request, await RelatedData(request).dataset_id(card), body)
    if isinstance(dataset, Response):
        return dataset
    command = c.SubmitTraining(
        base_model_stac_id=card["base_model_stac_id"], dataset_stac_id=dataset["stac_id"], model_name=card["name"],
        description=body.description, overrides=await _overrides(request, body, card["base_model_stac_id"]),
        when_built=True, alone=True,
    )  # fmt: skip
    return await to_v1(await send(request, command), Shape(request), 201)


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
        raise Invalid("already_running", "Another training of this model is running.", model=["It is in training."])


async def _built(request: Request, dataset_id: int | None, body: TrainingBody) -> Row | Response:
    """Returns the dataset, built or being built, also when another request started the build a moment ago; or the
    refusal to build it."""
    dataset = await RelatedData(request).dataset(dataset_id)
    if dataset is None:
        raise Invalid("unknown_dataset", "The dataset of this model no longer exists.", model=["It has no dataset."])
    if dataset["status"] in ("built", "building"):
        return dataset
    if not (await RelatedData(request).labels(dataset["id"])):
        raise Invalid("no_labels", "The dataset has no label.", model=["Its dataset has no label."])
    order = d.BuildDraft(dataset_id=dataset["id"], description=dataset["title"], zoom=body.zoom_level[0], **LABELS)
    response = await send(request, order)
    if response.status_code == 409:
        return await RelatedData(request).dataset(dataset_id) or response
    accepted = response.status_code == 202 and "location" not in response.headers
    return orjson.loads(response.body) if accepted else response


async def _overrides(request: Request, body: TrainingBody, base: str) -> dict[str, Any]:
    known = await declared(request, base)
    options = {name: getattr(body, name) for name in OPTIONS if name in known}
    return {"epochs": body.epochs, "batch_size": body.batch_size, **options}
