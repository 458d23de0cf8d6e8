"""Images: registration, metadata, download, and their objects."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body, Query
from pydantic import BaseModel, Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_images as c
from contracts.catalog.label_objects import LabeledObject, ListImageObjects
from contracts.catalog.label_shared import SignedUrl
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.images.image_bodies import ImagePatch, NewImageBody
from gateway.apis.labelstore.shared.answers import NO_STORE, PAST_THE_END, ask_page, listed, redirected
from gateway.apis.labelstore.shared.inputs import FLAGS, Flag, Id, Paged, Text
from gateway.apis.labelstore.shared.references import LARGE_BODY
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer, ask
from gateway.http.routing import Routes
from kit.errors import Invalid

routes = Routes("images", LABELS)
INSPECT_WAIT = 60.0
"""Seconds in which the owner reads the objects of new images."""
Box = tuple[float, float, float, float]


NewImages = Annotated[list[NewImageBody], Body(examples=[[{"filepath": "fairway/uploads/danube-2026/0001.jpg"}]])]


class ImageFilters(Paged):
    """Combined with AND."""

    imageset_id: Id | Literal["none"] | None = Field(None, description="`none`: images of no set")
    campaign_id: Id | None = None
    labeled: Flag = Field(None, description="Whether it is labelled in at least one campaign")
    type: Text = None
    filetype: Text = None
    tss_id: Text = None
    path_prefix: Text = None
    taken_from: datetime | None = None
    taken_to: datetime | None = None
    bbox: str | None = Field(None, description="minlon,minlat,maxlon,maxlat in degrees", examples=["18,47,20,48"])

    @field_validator("bbox")
    @classmethod
    def _has_four(cls, text: str | None) -> str | None:
        if text is not None:
            _box(text)
        return text

    def filters(self) -> dict[str, Any]:
        found = super().filters()
        if found.get("imageset_id") == "none":
            found = {**found, "imageset_id": None, "without_set": True}
        return found | ({"bbox": _box(found["bbox"])} if "bbox" in found else {})


class SimilarImage(BaseModel):
    """`distance` is that of the perceptual hashes, in bits of 64."""

    image: c.Image
    kind: Literal["exact", "near"]
    distance: int


class ImageIds(BaseModel):
    """`next` is the `after` of the following ids; null at the end."""

    ids: list[int]
    next: int | None


class Registered(BaseModel):
    images: list[c.Image]


@routes.get("/images", Policy.AUTH, listed("images", c.Image), refuses=PAST_THE_END)
async def list_images(request: Request, filters: Annotated[ImageFilters, Query()]) -> Response:
    """Lists images."""
    return await ask_page(request, c.ListImages, "images", filters)


@routes.post(
    "/images", Policy.AUTH, Registered, status=201, sends=c.RegisterImages, body=LARGE_BODY, deadline=INSPECT_WAIT,
    refuses={404: "An object or an image set does not exist.", 409: "A path exists, or a set is not `created`."},
)  # fmt: skip
async def register_images(
    request: Request, body: NewImages, inspect: Annotated[Literal["true", "false"], Query()] = "true"
) -> Response:  # fmt: skip
    """Registers pictures that lie in the bucket already: all or none."""
    images = [one.model_dump(exclude_unset=True) for one in body]
    command = c.RegisterImages.model_validate({"images": images, "inspect": FLAGS[inspect]})
    return await send(request, command, wait=INSPECT_WAIT - 5)


@routes.get("/image_ids", Policy.AUTH, ImageIds)
async def list_image_ids(
    request: Request, after: Id = 0, campaign_id: Id | None = None, labeled: Annotated[Flag, Query()] = None
) -> Response:
    """Lists ids of images, at most 50,000 in one answer."""
    flag = None if labeled is None else FLAGS[labeled]
    return await ask(request, c.ListImageIds(after=after, campaign_id=campaign_id, labeled=flag))


@routes.get(
    "/images/{image_id}", Policy.AUTH, str, status=303, scope="image",
    responses={200: {"description": "With `redirect=false`: the address", "model": SignedUrl}},
)  # fmt: skip
async def download_image(
    request: Request, image_id: Id, redirect: Annotated[Literal["true", "false"], Query()] = "true"
) -> Response:
    """Redirects to the picture in the object store; do not send the two authentication headers on to it."""
    query = c.GetImageUrl(image_id=image_id)
    if redirect == "true":
        return await redirected(request, query)
    return Response(await answer(request, query), headers=NO_STORE, media_type=JSON)


@routes.patch(
    "/images/{image_id}", Policy.AUTH, c.Image, sends=c.ChangeImage,
    refuses={422: "Only one of latitude and longitude is given."},
)  # fmt: skip
async def change_image(request: Request, image_id: Id, body: ImagePatch) -> Response:
    """Changes the metadata of an image; a `location` replaces the whole object."""
    given = body.changes()
    return await send(request, c.ChangeImage.model_validate({"image_id": image_id, "changed": sorted(given)} | given))


@routes.get("/images/{image_id}/metadata", Policy.AUTH, c.Image, scope="labelling")
async def get_image_metadata(request: Request, image_id: Id) -> Response:
    """Shows an image."""
    return await ask(request, c.GetImage(image_id=image_id))


@routes.get("/images/{image_id}/similar", Policy.AUTH, list[SimilarImage])
async def list_similar_images(
    request: Request, image_id: Id, max_distance: Annotated[Id, Query(le=16)] = 8
) -> Response:  # fmt: skip
    """Lists exact and near duplicates of an image."""
    return await ask(request, c.ListSimilarImages(image_id=image_id, max_distance=max_distance))


@routes.get("/images/{image_id}/objects", Policy.AUTH, list[LabeledObject])
async def list_image_objects(
    request: Request, image_id: Id,
    campaigns: Annotated[list[str] | None, Query(description="Ids, separated by commas or repeated")] = None,
) -> Response:  # fmt: skip
    """Lists the objects of an image, as one campaign labelled it: the first of `campaigns` that did, otherwise the one
    that was finished last."""
    wanted = None if campaigns is None else _ids(",".join(campaigns))
    return await ask(request, ListImageObjects(image_id=image_id, campaigns=wanted))


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise Invalid("invalid_request", "campaigns: must be ids", campaigns=["must be ids, separated by commas"])
    return [int(part) for part in parts]


def _box(text: str) -> Box:
    """Raises ValueError."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be minlon,minlat,maxlon,maxlat") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError("must be within ±180 and ±90 degrees, the smaller numbers first")
    return west, south, east, north
