"""`/dataset/`: a dataset of v1 is a current dataset, including drafts.

`status` follows the owner's visibility: -1 (draft) is private, 0 (active) is public. 1 (archived) has no equivalent.
"""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import datasets as c
from contracts.shared import Comparison, Page, Visibility
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.filters import NOTHING, Compared, StatusNumber
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.rows import V1Dataset
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, TileTemplate, Title
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("dataset", V1)
CATEGORY = "buildings"
VISIBILITY: dict[int, Visibility] = {-1: "private", 0: "public"}
STATUS = {"private": -1, "public": 0}
Name = Annotated[Title, Field(max_length=50)]


class V1DatasetBody(Body):
    name: Name
    source_imagery: TileTemplate
    status: Literal[-1, 0] = -1
    offset: c.Offset = (0.0, 0.0)


class V1DatasetPatch(Body):
    name: Name | None = None
    source_imagery: TileTemplate | None = None
    status: Literal[-1, 0] | None = None
    offset: c.Offset | None = None


class DatasetFilters(Compared):
    status: StatusNumber | None = None

    def page(self, size: int) -> Page:
        """The status of v1 is the current visibility."""
        ordering = ",".join(name.replace("status", "visibility") for name in self.ordering.split(","))
        return super().page(size).model_copy(update={"ordering": ordering})

    def comparisons(self) -> list[Comparison]:
        return super().comparisons() + ([NOTHING] if self.status == 1 else [])

    def fields(self) -> dict[str, Any]:
        return {"user": self.user, "visibility": None if self.status is None else VISIBILITY.get(self.status)}


@routes.get("/dataset/", Policy.PUBLIC_READ, ListOf[V1Dataset])
async def list_datasets(request: Request, filters: Annotated[DatasetFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, c.ListDatasets, filters), _Shape(request))


@routes.post("/dataset/", Policy.AUTH, V1Dataset, status=201, sends=c.CreateDataset)
async def create_dataset(request: Request, body: V1DatasetBody) -> Response:
    command = c.CreateDataset(title=body.name, source_imagery=body.source_imagery, category=CATEGORY,
                              visibility=VISIBILITY[body.status], offset=body.offset)  # fmt: skip
    return await to_v1(await send(request, command), _Shape(request))


@routes.get("/dataset/{dataset_id}/", Policy.PUBLIC_READ, V1Dataset)
async def get_dataset(request: Request, dataset_id: Id) -> Response:
    return await to_v1(await ask(request, c.GetDataset(dataset_id=dataset_id)), _Shape(request))


@routes.put("/dataset/{dataset_id}/", Policy.OWNER, V1Dataset, sends=c.ChangeDataset)
async def replace_dataset(request: Request, dataset_id: Id, body: V1DatasetBody) -> Response:
    """Omitted members keep their value."""
    return await _change(request, dataset_id, V1DatasetPatch(**body.model_dump(exclude_unset=True)))


@routes.patch("/dataset/{dataset_id}/", Policy.OWNER, V1Dataset, sends=c.ChangeDataset)
async def change_dataset(request: Request, dataset_id: Id, body: V1DatasetPatch) -> Response:
    return await _change(request, dataset_id, body)


@routes.delete("/dataset/{dataset_id}/", Policy.OWNER, sends=c.DeleteDataset, refuses={409: "Trainings refer to it."})
async def delete_dataset(request: Request, dataset_id: Id) -> Response:
    return await send(request, c.DeleteDataset(dataset_id=dataset_id))


async def _change(request: Request, dataset_id: int, body: V1DatasetPatch) -> Response:
    visibility: Any = None if body.status is None else VISIBILITY[body.status]
    command = c.ChangeDataset(
        dataset_id=dataset_id, title=body.name, source_imagery=body.source_imagery, visibility=visibility,
        offset=body.offset,
    )  # fmt: skip
    return await to_v1(await send(request, command), _Shape(request))


class _Shape:
    def __init__(self, request: Request) -> None:
        self.related = RelatedData(request)

    async def __call__(self, row: Row) -> Row:
        return {
            "id": row["id"], "name": row["title"], "source_imagery": row["source_imagery"],
            "status": STATUS[row["visibility"]], "user": await self.related.person(row["user"]),
            "created_at": row["created_at"], "last_modified": row["last_modified"],
            "offset": row["offset"], "models_count": row["models_count"],
        }  # fmt: skip
