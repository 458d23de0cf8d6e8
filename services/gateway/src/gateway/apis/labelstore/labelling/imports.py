"""Imports of annotations into a campaign: as objects, or as pre-annotations."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_imports as c
from contracts.catalog.label_image_sets import UploadGrant
from contracts.catalog.label_shared import LabelName
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import ask_page, listed, with_members
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.routing import Routes
from kit.errors import Unavailable

routes = Routes("imports", LABELS)


class ImportBody(StrictBody):
    """Without `uri` a file is uploaded with the grant of the answer, and the import is started afterwards."""

    format: c.ImportFormat = Field(examples=["coco"])
    uri: c.Uri | None = None
    mode: c.ImportMode = "objects"
    match_by: c.MatchBy = "file_name"
    dry_run: bool = False
    labels: dict[LabelName, LabelName | None] = Field(default={}, max_length=10_000, examples=[{"fles": "bottle"}])
    label: LabelName = "object"
    model: str | None = Field(default=None, min_length=1, max_length=200)
    first_pixel: Literal[0, 1] | None = None


class NewLabelImport(c.LabelImport):
    upload: UploadGrant | None = None


class ImportGrant(BaseModel):
    upload: UploadGrant


@routes.get("/campaigns/{campaign_id}/imports", Policy.AUTH, listed("imports", c.LabelImport))
async def list_label_imports(request: Request, campaign_id: Id, paged: Annotated[Paged, Query()]) -> Response:
    """Lists the imports of a campaign."""
    return await ask_page(request, c.ListLabelImports, "imports", paged, campaign_id=campaign_id)


@routes.post(
    "/campaigns/{campaign_id}/imports", Policy.AUTH, NewLabelImport, status=202, sends=c.CreateLabelImport,
    refuses={409: "The campaign is not `active`.", 422: "`uri` is not in a folder of the label store."},
)  # fmt: skip
async def create_label_import(request: Request, campaign_id: Id, body: ImportBody) -> Response:
    """Imports COCO, YOLO, Pascal VOC or GeoJSON."""
    given = body.model_dump()
    uri, options = given.pop("uri"), c.ImportOptions.model_validate(given)
    response = await send(request, c.CreateLabelImport(campaign_id=campaign_id, options=options, uri=uri))
    if response.status_code != 202 or uri is not None:
        return response
    import_id = orjson.loads(response.body)["import_id"]
    try:
        return with_members(response, **await _grant(request, import_id))
    except Unavailable as error:
        detail = f"Import {import_id} is created. Ask /label_imports/{import_id}/upload_token for its grant."
        raise Unavailable(error.code, detail) from error


@routes.get("/label_imports/{import_id}", Policy.AUTH, c.LabelImport, scope="polling")
async def get_label_import(request: Request, import_id: Id) -> Response:
    """Shows an import: how far it is, and what became of everything in its file."""
    return await ask(request, c.GetLabelImport(import_id=import_id))


@routes.post(
    "/label_imports/{import_id}/upload_token", Policy.AUTH, ImportGrant,
    refuses={409: "The import does not wait for a file."},
)  # fmt: skip
async def grant_import_upload(request: Request, import_id: Id) -> Response:
    """Grants the upload of the file anew."""
    return Response(orjson.dumps(await _grant(request, import_id)), media_type="application/json")


@routes.post(
    "/label_imports/{import_id}/start", Policy.AUTH, c.LabelImport, status=202, sends=c.StartLabelImport,
    refuses={409: "The import neither waits nor has failed, its file is missing, or the campaign is not `active`."},
)  # fmt: skip
async def start_label_import(request: Request, import_id: Id) -> Response:
    """Starts an import whose file was uploaded, or one that failed."""
    return await send(request, c.StartLabelImport(import_id=import_id))


@routes.post(
    "/label_imports/{import_id}/cancel", Policy.AUTH, c.LabelImport, sends=c.CancelLabelImport,
    refuses={409: "The import has ended."},
)  # fmt: skip
async def cancel_label_import(request: Request, import_id: Id) -> Response:
    """Stops an import; what it has stored stays."""
    return await send(request, c.CancelLabelImport(import_id=import_id))


async def _grant(request: Request, import_id: int) -> dict[str, Any]:
    return {"upload": orjson.loads(await answer(request, c.GetLabelImportUpload(import_id=import_id)))}
