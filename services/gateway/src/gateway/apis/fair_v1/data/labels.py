"""`/label/`: labels as Features; their input has `geom` and `aoi` at the top."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.labels import (
    ChangeLabel,
    CreateLabel,
    DeleteLabel,
    FetchLabels,
    GetLabel,
    LabelFeature,
    ListLabels,
    UploadLabels,
)
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.rows import UploadState
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.inputs.geometry_text import Geom
from gateway.http.inputs.labels import SAME_SHAPE, UPLOAD_BODY, LabelFilters
from gateway.http.pagination import MOST
from gateway.http.policy import Policy
from gateway.http.queries import JSON, ask, collected
from gateway.http.routing import Routes
from gateway.http.uploads.label_files import DEADLINE, BadUpload, upload
from gateway.openapi.schemas import OTHER_WORDS, Features

routes = Routes("label", V1)
STARTS: dict[int | str, dict[str, Any]] = {202: {"description": "A job processes the request", "model": str}}
READS: dict[int | str, dict[str, Any]] = {202: {"description": "A job processes the request", "model": UploadState}}
STARTED, BEING_PROCESSED = "Processing started", {"status": "GeoJSON file is being processed"}


class V1LabelBody(Body):
    geom: Geom
    aoi: Id
    osm_id: int | None = None
    tags: dict[str, Any] | None = None


class V1LabelPatch(Body):
    geom: Geom | None = None
    aoi: Id | None = None
    osm_id: int | None = None
    tags: dict[str, Any] | None = None


class V1LabelFilters(LabelFilters):
    @model_validator(mode="before")
    @classmethod
    def _front_end(cls, values: Any) -> Any:
        """The last frontend of v1 sends the box as `in__bbox`, with a stray slash at its end."""
        if not isinstance(values, dict) or "in__bbox" not in values:
            return values
        return {"in_bbox": str(values["in__bbox"]).strip("/"), **values}


@routes.get("/label/", Policy.PUBLIC_READ, Features[LabelFeature])
async def list_labels(request: Request, filters: Annotated[V1LabelFilters, Query()]) -> Response:
    """Not paginated."""
    page = filters.page(MOST).model_copy(update={"limit": MOST, "offset": 0})
    return await collected(request, ListLabels(page=Page(**page.model_dump()), **filters.fields()))


@routes.post(
    "/label/", Policy.AUTH, LabelFeature, body=None, sends=CreateLabel, refuses={404: "There is no such area."}
)
async def write_label(request: Request, body: V1LabelBody) -> Response:
    """Returns 200 for a new label and for one that existed."""
    command = CreateLabel(aoi_id=body.aoi, geometry=body.geom, osm_id=body.osm_id, tags=body.tags)
    return await to_v1(await send(request, command), _same, 200)


@routes.get("/label/{label_id}/", Policy.PUBLIC_READ, LabelFeature)
async def get_label(request: Request, label_id: Id) -> Response:
    return await ask(request, GetLabel(label_id=label_id))


@routes.put("/label/{label_id}/", Policy.ADMIN, LabelFeature, body=None, sends=ChangeLabel, refuses=SAME_SHAPE)
async def replace_label(request: Request, label_id: Id, body: V1LabelBody) -> Response:
    return await _change(request, label_id, body.model_dump())


@routes.patch("/label/{label_id}/", Policy.ADMIN, LabelFeature, body=None, sends=ChangeLabel, refuses=SAME_SHAPE)
async def change_label(request: Request, label_id: Id, body: V1LabelPatch) -> Response:
    given = body.model_dump(exclude_unset=True)
    required = {name for name in ("geom", "aoi") if given.get(name, 0) is None}
    return await _change(request, label_id, {name: value for name, value in given.items() if name not in required})


@routes.delete("/label/{label_id}/", Policy.ADMIN, sends=DeleteLabel)
async def delete_label(request: Request, label_id: Id) -> Response:
    return await send(request, DeleteLabel(label_id=label_id))


@routes.post("/label/osm/fetch/{aoi_id}/", Policy.AUTH, status=202, responses=STARTS, sends=FetchLabels)
async def fetch_labels(request: Request, aoi_id: Id) -> Response:
    answer = await send(request, FetchLabels(aoi_id=aoi_id))
    return _json(STARTED, 202) if answer.status_code == 202 else answer


@routes.post(
    "/label/upload/{aoi_id}/", Policy.AUTH, status=202, openapi_extra=UPLOAD_BODY, responses={**OTHER_WORDS, **READS},
    deadline=DEADLINE, sends=UploadLabels, refuses={409: "Labels are being fetched; try again when that is done."},
)  # fmt: skip
async def upload_labels(request: Request, aoi_id: Id) -> Response:
    """Returns 400 with `error` for a wrong file and for an unknown AOI."""
    try:
        answer = await upload(request, aoi_id)
    except BadUpload as problem:
        return _json({"error": str(problem)}, 400)
    if answer.status_code in (400, 404):
        return _json({"error": orjson.loads(answer.body)["detail"]}, 400)
    return _json(BEING_PROCESSED, 202) if answer.status_code == 202 else answer


async def _change(request: Request, label_id: int, given: dict[str, Any]) -> Response:
    names = {"geom": "geometry", "aoi": "aoi_id"}
    values = {names.get(name, name): value for name, value in given.items()}
    return await send(request, ChangeLabel.model_validate({"label_id": label_id, "given": sorted(values)} | values))


def _same(row: Row) -> Row:
    return row


def _json(body: Any, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type=JSON)
