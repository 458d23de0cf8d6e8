"""Objects: what labellers submit for the images of a campaign."""

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_objects as c
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import ask_page, listed, ok
from gateway.apis.labelstore.shared.bodies import described, images_of
from gateway.apis.labelstore.shared.inputs import Flag, Id, PagedByThousand, Text
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.http.uploads.large_commands import body_on_disk, carried

routes = Routes("objects", LABELS)
DEADLINE = 300.0
"""Seconds, for slow connections."""
VERDICT_WAIT = 60.0
ENTRY = TypeAdapter(c.ImageObjects)
EXAMPLE = [{"image_id": 17, "objects": [
    {"label": "bottle", "confidence": 0.9, "bounding_box": {"xmin": 10, "xmax": 42, "ymin": 20, "ymax": 61}},
]}]  # fmt: skip


class LabeledImage(BaseModel):
    image_id: int
    url: str
    objects: list[c.LabeledObject]


class ObjectFilters(PagedByThousand):
    labeled: Flag = None
    label: Text = None


@routes.put(
    "/campaigns/{campaign_id}/objects", Policy.AUTH, str, scope="labelling", sends=c.SubmitObjects, deadline=DEADLINE,
    openapi_extra=described(list[c.ImageObjects], EXAMPLE), refuses={
        409: "The campaign is not `active`, or an image is not leased by the caller or accepted already.",
        422: "An image occurs twice, or a box or shape is empty.",
    },
)  # fmt: skip
async def submit_objects(request: Request, campaign_id: Id) -> Response:
    """Replaces the objects of images, all or none; no objects is an answer as well."""
    settings = request_context(request).app.settings
    async with body_on_disk(request, settings.label_max_body) as file:
        entries = images_of(file, ENTRY, settings)
        async with carried(c.SubmitObjects, entries, "images", campaign_id=campaign_id) as (command, staged):
            return ok(await send(request, command, VERDICT_WAIT, staged))


@routes.get("/campaigns/{campaign_id}/objects", Policy.AUTH, listed("images", LabeledImage))
async def list_campaign_objects(
    request: Request, campaign_id: Id, filters: Annotated[ObjectFilters, Query()]
) -> Response:  # fmt: skip
    """Lists the images of a campaign with their objects; a page counts images."""
    return await ask_page(request, c.ListCampaignObjects, "images", filters, campaign_id=campaign_id)
