"""Training data: built from AOIs, imagery and labels."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import curation
from contracts.catalog import datasets as c
from contracts.shared import Visibility
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, Keywords, TileTemplate, Title, UserId
from gateway.http.limits.timeouts import STAC_WAIT
from gateway.http.pagination import (
    Expanding,
    Ordered,
    Searched,
    Word,
)
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("datasets", FAIR)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
EXAMPLE = {
    "title": "Hilltop roofs", "description": "pilot", "source_imagery": "https://img.example/t/{z}/{x}/{y}.png",
    "category": "buildings", "zoom": 19, "aoi_ids": [12], "label_tasks": ["semantic-segmentation"],
    "label_classes": [{"name": "building", "classes": ["*"]}], "keywords": ["building"], "geometry_type": "polygon",
}  # fmt: skip


class LabelClassBody(Body):
    """Extra members are kept."""

    model_config = ConfigDict(extra="allow")

    name: Text
    classes: list[str | int] = Field(min_length=1)


class DraftBuildBody(Body):
    """What a draft needs in addition to be built from the areas that were drawn for it."""

    description: Text
    zoom: int = Field(ge=14, le=22)
    label_tasks: list[c.Task] = Field(min_length=1)
    label_classes: list[LabelClassBody] = Field(min_length=1)
    keywords: Keywords = Field(min_length=1)
    label_type: Literal["vector", "raster"] = "vector"
    geometry_type: c.GeometryType
    label_source: Literal["osm", "stored"] = Field("osm", description="OpenStreetMap, or the labels of the AOIs")


class BuildBody(DraftBuildBody):
    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    title: Title
    source_imagery: TileTemplate
    category: Annotated[str, Field(min_length=1, max_length=50)]
    aoi_ids: list[Id] = Field(min_length=1)


class DatasetBody(Body):
    title: Title
    source_imagery: TileTemplate
    category: Annotated[str, Field(min_length=1, max_length=50)] = "other"


class DatasetPatch(Body):
    title: Title | None = None
    source_imagery: TileTemplate | None = None
    category: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    offset: Annotated[c.Offset, Field(description="Metres east and north by which labels are moved")] | None = None


class DatasetPinBody(Body):
    is_pinned: bool = True


class DatasetFilters(Searched, Ordered, Expanding):
    status: c.DatasetStatus | None = None
    visibility: Visibility | None = None
    user: UserId | None = None


@routes.get("/datasets/", Policy.PUBLIC_READ, ListOf[c.Dataset])
async def list_datasets(request: Request, filters: Annotated[DatasetFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListDatasets, filters)


@routes.get("/datasets/{dataset_id}/", Policy.PUBLIC_READ, c.Dataset)
async def get_dataset(request: Request, dataset_id: Id, expand: Word = "") -> Response:
    return await ask(request, c.GetDataset(dataset_id=dataset_id, expand=expand == "stac"))


@routes.post(
    "/datasets/build/", Policy.AUTH, c.Dataset, status=202, sends=c.BuildDataset,
    refuses={404: "An area does not exist, belongs to another user, or occurs twice."},
)  # fmt: skip
async def build_dataset(request: Request, body: BuildBody) -> Response:
    return await send(request, c.BuildDataset(**body.model_dump()))


@routes.post(
    "/datasets/{dataset_id}/build/", Policy.OWNER, c.Dataset, status=202, sends=c.BuildDraft,
    refuses={409: "It is not a draft."},
)  # fmt: skip
async def build_draft(request: Request, dataset_id: Id, body: DraftBuildBody) -> Response:
    return await send(request, c.BuildDraft(dataset_id=dataset_id, **body.model_dump()))


@routes.post(
    "/datasets/{dataset_id}/rebuild/", Policy.OWNER, c.Dataset, status=202, sends=c.RebuildDataset,
    refuses={409: "Its last build did not fail, or is running."},
)  # fmt: skip
async def rebuild_dataset(request: Request, dataset_id: Id) -> Response:
    return await send(request, c.RebuildDataset(dataset_id=dataset_id))


@routes.post(
    "/datasets/{dataset_id}/cancel/", Policy.OWNER, c.Dataset, sends=c.CancelBuild,
    refuses={409: "No build of it is running."},
)  # fmt: skip
async def cancel_build(request: Request, dataset_id: Id) -> Response:
    return await send(request, c.CancelBuild(dataset_id=dataset_id))


@routes.post("/datasets/", Policy.AUTH, c.Dataset, status=201, sends=c.CreateDataset)
async def create_dataset(request: Request, body: DatasetBody) -> Response:
    return await send(request, c.CreateDataset(**body.model_dump()))


@routes.put("/datasets/{dataset_id}/", Policy.OWNER, c.Dataset, sends=c.ChangeDataset)
async def replace_dataset(request: Request, dataset_id: Id, body: DatasetBody) -> Response:
    return await _change(request, dataset_id, **body.model_dump())


@routes.patch("/datasets/{dataset_id}/", Policy.OWNER, c.Dataset, sends=c.ChangeDataset)
async def change_dataset(request: Request, dataset_id: Id, body: DatasetPatch) -> Response:
    return await _change(request, dataset_id, **body.model_dump())


@routes.delete("/datasets/{dataset_id}/", Policy.OWNER, sends=c.DeleteDataset, refuses={409: "Trainings refer to it."})
async def delete_dataset(request: Request, dataset_id: Id) -> Response:
    return await send(request, c.DeleteDataset(dataset_id=dataset_id))


@routes.post("/datasets/{dataset_id}/publish/", Policy.OWNER, c.Dataset, sends=c.ChangeDataset)
async def publish_dataset(request: Request, dataset_id: Id) -> Response:
    return await _change(request, dataset_id, visibility="public")


@routes.post("/datasets/{dataset_id}/unpublish/", Policy.OWNER, c.Dataset, sends=c.ChangeDataset)
async def unpublish_dataset(request: Request, dataset_id: Id) -> Response:
    return await _change(request, dataset_id, visibility="private")


@routes.patch(
    "/datasets/{dataset_id}/pin/", Policy.ADMIN, c.Dataset, sends=curation.PinDataset, refuses={409: "It is not built."}
)
async def pin_dataset(request: Request, dataset_id: Id, body: DatasetPinBody | None = None) -> Response:
    pinned = body.is_pinned if body else True
    return await send(request, curation.PinDataset(dataset_id=dataset_id, is_pinned=pinned), wait=STAC_WAIT)


async def _change(request: Request, dataset_id: int, **values: Any) -> Response:
    return await send(request, c.ChangeDataset(dataset_id=dataset_id, **values))
