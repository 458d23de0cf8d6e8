"""Several labellers of one image: reference images, opinions, how well labellers do, and labels that look wrong."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_objects as c
from contracts.catalog.label_geometry import BoundingBox
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.labelling.objects import DEADLINE, EXAMPLE, VERDICT_WAIT
from gateway.apis.labelstore.shared.answers import ok
from gateway.apis.labelstore.shared.bodies import described, images_of
from gateway.apis.labelstore.shared.inputs import Id
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.http.uploads.large_commands import body_on_disk, carried

routes = Routes("quality", LABELS)
ENTRY = TypeAdapter(c.ImageObjects)


class Opinions(BaseModel):
    """`is_truth`: a reference image, by which labellers are judged."""

    agreement: float | None
    is_truth: bool
    opinions: list[c.Opinion]


class CampaignQuality(BaseModel):
    """`agreement` is the mean of all images that have been answered by everybody; `disputed` wait for a reviewer."""

    labelers: list[c.LabelerQuality]
    agreement: float | None
    disputed: int


class Suspicion(BaseModel):
    """`missing`: predicted, and not drawn; `spurious`: drawn, and not predicted; `label`: the labels differ."""

    image_id: int
    kind: Literal["missing", "spurious", "label"]
    score: float
    label: str | None
    predicted: str | None
    bounding_box: BoundingBox
    object_id: int | None


class Suspicions(BaseModel):
    total: int
    suspicions: list[Suspicion]


class SuspicionFilters(BaseModel):
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.8
    min_iou: Annotated[float, Field(gt=0, le=1)] = 0.5
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


@routes.put(
    "/campaigns/{campaign_id}/truth", Policy.AUTH, str, sends=c.MarkTruth, deadline=DEADLINE,
    openapi_extra=described(list[c.ImageObjects], EXAMPLE),
    refuses={409: "The campaign is completed or finished.", 422: "An image occurs twice, or a box or shape is empty."},
)  # fmt: skip
async def mark_label_truth(request: Request, campaign_id: Id) -> Response:
    """Makes images reference images, hidden among the work of every labeller; these objects are what is true."""
    settings = request_context(request).app.settings
    async with body_on_disk(request, settings.label_max_body) as file:
        entries = images_of(file, ENTRY, settings)
        async with carried(c.MarkTruth, entries, "images", campaign_id=campaign_id) as (command, staged):
            return ok(await send(request, command, VERDICT_WAIT, staged))


@routes.get("/campaigns/{campaign_id}/images/{image_id}/opinions", Policy.AUTH, Opinions)
async def list_label_opinions(request: Request, campaign_id: Id, image_id: Id) -> Response:
    """Lists what each labeller has said of an image; for image-admins and reviewers."""
    return await ask(request, c.ListOpinions(campaign_id=campaign_id, image_id=image_id))


@routes.get("/campaigns/{campaign_id}/quality", Policy.AUTH, CampaignQuality)
async def get_label_quality(request: Request, campaign_id: Id) -> Response:
    """Shows precision and recall of each labeller, on reference images and in comparison with what was agreed on."""
    return await ask(request, c.GetLabelQuality(campaign_id=campaign_id))


@routes.get("/campaigns/{campaign_id}/suspicions", Policy.AUTH, Suspicions)
async def list_suspicious_labels(
    request: Request, campaign_id: Id, filters: Annotated[SuspicionFilters, Query()]
) -> Response:
    """Lists labels that look wrong, since a model is sure of something else."""
    given: dict[str, Any] = filters.model_dump()
    return await ask(request, c.ListSuspiciousLabels(campaign_id=campaign_id, **given))
