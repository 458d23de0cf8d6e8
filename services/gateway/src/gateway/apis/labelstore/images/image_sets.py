"""Image sets: files arrive in the object store by a presigned POST, and become images when the set is finished."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_image_sets as c
from contracts.catalog.label_images import Image, ListImagesOfSet
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed, ok, redirected, with_members
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody, Text
from gateway.apis.labelstore.shared.references import LARGE_BODY, ImageReferences, references
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.routing import Routes
from kit.errors import Unavailable

routes = Routes("image sets", LABELS)
NOT_CREATED = {409: "The set is not `created`."}
FileName = Annotated[str, Query(min_length=1, max_length=1024, examples=["0001.jpg"])]


class ImageSetBody(StrictBody):
    title: str = Field(min_length=1, max_length=128, examples=["danube-2026"])
    metadata: dict[str, Any] | None = None


class ImageSetStatusBody(StrictBody):
    new_status: c.ImageSetStatus = Field(examples=["finished"])


class Grant(StrictBody):
    """`dropbox_url` equals `upload.url`. Send the fields of `upload` unchanged before the part `file`."""

    dropbox_url: str
    upload: c.UploadGrant


class NewImageSet(c.ImageSet, Grant):  # pyright: ignore[reportIncompatibleVariableOverride]
    pass


class FileEntry(StrictBody):
    name: str
    size: int
    last_modified: str


class ImageSetFilters(Paged):
    status: c.ImageSetStatus | None = None
    created_by: Text = None
    title: Text = None


class FileQuery(Paged):
    name: Text = Field(None, description="Redirects to the file of this name")


@routes.get("/image_sets", Policy.AUTH, listed("image_sets", c.ImageSet), refuses=PAST_THE_END)
async def list_image_sets(request: Request, filters: Annotated[ImageSetFilters, Query()]) -> Response:
    """Lists image sets."""
    return await ask_page(request, c.ListImageSets, "image_sets", filters)


@routes.post(
    "/image_sets", Policy.AUTH, NewImageSet, sends=c.CreateImageSet,
    refuses={409: "The title is taken.", 422: "The title breaks the name rule."},
)  # fmt: skip
async def create_image_set(request: Request, body: ImageSetBody) -> Response:
    """Creates an image set and grants the upload of its files."""
    response = await send(request, c.CreateImageSet(**body.model_dump()))
    if response.status_code != 200:
        return response
    imageset_id = orjson.loads(response.body)["imageset_id"]
    try:
        return with_members(response, **await _grant(request, imageset_id))
    except Unavailable as error:
        detail = f"Image set {imageset_id} is created. Ask /image_sets/{imageset_id}/upload_token for its grant."
        raise Unavailable(error.code, detail) from error


@routes.get("/image_sets/{imageset_id}", Policy.AUTH, c.ImageSet, scope="polling")
async def get_image_set(request: Request, imageset_id: Id) -> Response:
    """Shows an image set with the state of its ingest."""
    return await ask(request, c.GetImageSet(imageset_id=imageset_id))


@routes.put(
    "/image_sets/{imageset_id}", Policy.AUTH, str, sends=c.ChangeImageSet,
    refuses={409: "The status does not allow it; `detail` names both."},
)  # fmt: skip
async def change_image_set(request: Request, imageset_id: Id, body: ImageSetStatusBody) -> Response:
    """Finishes an image set: its files become images afterwards."""
    return ok(await send(request, c.ChangeImageSet(imageset_id=imageset_id, new_status=body.new_status)))


@routes.get("/image_sets/{imageset_id}/images", Policy.AUTH, listed("images", Image))
async def list_images_of_set(request: Request, imageset_id: Id, paged: Annotated[Paged, Query()]) -> Response:
    """Lists the images of an image set."""
    return await ask_page(request, ListImagesOfSet, "images", paged, imageset_id=imageset_id)


@routes.post(
    "/image_sets/{imageset_id}/images", Policy.AUTH, str, sends=c.AddImagesToSet, body=LARGE_BODY,
    refuses={409: "The set is not `created`, or an image is in a set already."},
)  # fmt: skip
async def add_images_to_set(request: Request, imageset_id: Id, body: ImageReferences) -> Response:
    """Puts existing images into an image set: all or none."""
    return ok(await send(request, c.AddImagesToSet(imageset_id=imageset_id, images=references(body))))


@routes.post("/image_sets/{imageset_id}/upload_token", Policy.AUTH, Grant, refuses=NOT_CREATED)
async def grant_upload(request: Request, imageset_id: Id) -> Response:
    """Grants the upload of files anew."""
    return Response(orjson.dumps(await _grant(request, imageset_id)), media_type="application/json")


@routes.get(
    "/image_sets/{imageset_id}/files", Policy.AUTH, listed("files", FileEntry),
    responses={303: {"description": "To the file that `name` names"}},
)  # fmt: skip
async def list_image_set_files(request: Request, imageset_id: Id, asked: Annotated[FileQuery, Query()]) -> Response:
    """Lists the files that wait in an image set, or redirects to one of them."""
    if asked.name is not None:
        return await redirected(request, c.GetImageSetFile(imageset_id=imageset_id, name=asked.name))
    return await ask_page(request, c.ListImageSetFiles, "files", asked, imageset_id=imageset_id)


@routes.delete("/image_sets/{imageset_id}/files", Policy.AUTH, sends=c.DeleteImageSetFile, refuses=NOT_CREATED)
async def delete_image_set_file(request: Request, imageset_id: Id, name: FileName) -> Response:
    """Deletes a file that waits in an image set."""
    return await send(request, c.DeleteImageSetFile(imageset_id=imageset_id, name=name))


@routes.post(
    "/image_sets/{imageset_id}/ingest", Policy.AUTH, c.ImageSet, status=202, sends=c.RetryIngest,
    refuses={409: "The last ingest has not failed."},
)  # fmt: skip
async def retry_ingest(request: Request, imageset_id: Id) -> Response:
    """Runs a failed ingest again."""
    return await send(request, c.RetryIngest(imageset_id=imageset_id))


async def _grant(request: Request, imageset_id: int) -> dict[str, Any]:
    upload = orjson.loads(await answer(request, c.GetUploadGrant(imageset_id=imageset_id)))
    return {"dropbox_url": upload["url"], "upload": upload}
