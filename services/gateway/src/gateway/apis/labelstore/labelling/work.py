"""Work at a campaign: leases of images, and the review of what was submitted."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_campaigns as c
from contracts.catalog.label_objects import Decision, ReviewImages
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import ok
from gateway.apis.labelstore.shared.inputs import Id, StrictBody
from gateway.http.commands import send
from gateway.http.inputs.fields import MAX_ID
from gateway.http.policy import Policy
from gateway.http.routing import Routes

routes = Routes("work", LABELS)
NOT_ACTIVE = {409: "The campaign is not `active`."}
ImageIds = Annotated[list[Annotated[int, Field(ge=0, le=MAX_ID)]], Field(max_length=1000, examples=[[17, 18]])]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]


class NextBody(StrictBody):
    count: int = Field(default=1, ge=1, le=100)
    minutes: Minutes = 60


class RenewBody(StrictBody):
    image_ids: ImageIds
    minutes: Minutes = 60


class ReleaseBody(StrictBody):
    image_ids: ImageIds


class DecisionBody(StrictBody):
    image_id: int = Field(ge=0, le=MAX_ID, examples=[17])
    accepted: bool
    comment: str | None = Field(default=None, max_length=2000, examples=["The box misses the bow."])


class ReviewBody(StrictBody):
    decisions: list[DecisionBody] = Field(max_length=1000)


class Tasks(BaseModel):
    tasks: list[c.LeasedTask]


class Renewed(BaseModel):
    lease_expires_at: str | None
    image_ids: list[int]


class Reviewed(BaseModel):
    accepted: int
    rejected: int


@routes.post(
    "/campaigns/{campaign_id}/next", Policy.AUTH, Tasks, scope="labelling", sends=c.LeaseImages, refuses=NOT_ACTIVE
)
async def lease_images(request: Request, campaign_id: Id, body: NextBody | None = None) -> Response:
    """Leases images to work at: those of the caller first, then rejected ones, then the most uncertain."""
    wanted = (body or NextBody()).model_dump()
    return await send(request, c.LeaseImages(campaign_id=campaign_id, **wanted))


@routes.post(
    "/campaigns/{campaign_id}/renew", Policy.AUTH, Renewed, scope="labelling", sends=c.RenewLeases, refuses=NOT_ACTIVE
)
async def renew_leases(request: Request, campaign_id: Id, body: RenewBody) -> Response:
    """Prolongs leases that the caller still has."""
    return await send(request, c.RenewLeases(campaign_id=campaign_id, **body.model_dump()))


@routes.post(
    "/campaigns/{campaign_id}/release", Policy.AUTH, str, scope="labelling", sends=c.ReleaseLeases, refuses=NOT_ACTIVE
)
async def release_leases(request: Request, campaign_id: Id, body: ReleaseBody) -> Response:
    """Gives leased images back."""
    return ok(await send(request, c.ReleaseLeases(campaign_id=campaign_id, **body.model_dump())))


@routes.post(
    "/campaigns/{campaign_id}/reviews", Policy.AUTH, Reviewed, scope="labelling", sends=ReviewImages,
    refuses={409: "The campaign is not `active`, or an image is not `submitted`."},
)  # fmt: skip
async def review_images(request: Request, campaign_id: Id, body: ReviewBody) -> Response:
    """Accepts images, or sends them back to whoever submitted them."""
    decisions = [Decision(**one.model_dump()) for one in body.decisions]
    return await send(request, ReviewImages(campaign_id=campaign_id, decisions=decisions))
