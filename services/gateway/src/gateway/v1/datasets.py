"""`/dataset/`: what v1 called a dataset is a dataset of today, from its first draft on.

`status` is what its owner decides: -1 draft is private, 0 active is public. 1 archived has nothing it could be.
"""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import datasets as c
from contracts.shared import Comparison, Page
from gateway.api.datasets import Title
from gateway.body import Body, Id, TileTemplate
from gateway.commands import send
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.schema import ListOf
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.facts import Facts
from gateway.v1.filters import NOTHING, Compared, StatusNumber
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyDataset

routes = EarlyRoutes("dataset")
CATEGORY = "buildings"
VISIBILITY = {-1: "private", 0: "public"}
STATUS = {"private": -1, "public": 0}
Name = Annotated[Title, Field(max_length=50)]


class EarlyDatasetBody(Body):
    name: Name
    source_imagery: TileTemplate
    status: Literal[-1, 0] = -1
    offset: c.Offset = (0.0, 0.0)


class EarlyDatasetPatch(Body):
    name: Name | None = None
    source_imagery: TileTemplate | None = None
    status: Literal[-1, 0] | None = None
    offset: c.Offset | None = None


class DatasetFilters(Compared):
    status: StatusNumber | None = None

    def page(self, size: int) -> Page:
        """v1's status is today's visibility."""
        ordering = ",".join(name.replace("status", "visibility") for name in self.ordering.split(","))
        return super().page(size).model_copy(update={"ordering": ordering})

    def comparisons(self) -> list[Comparison]:
        return super().comparisons() + ([NOTHING] if self.status == 1 else [])

    def fields(self) -> dict[str, Any]:
        return {"user": self.user, "visibility": None if self.status is None else VISIBILITY.get(self.status)}


@routes.get("/dataset/", Policy.PUBLIC_READ, ListOf[EarlyDataset])
async def list_datasets(request: Request, filters: Annotated[DatasetFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, c.ListDatasets, filters), _Shape(request))


@routes.post("/dataset/", Policy.AUTH, EarlyDataset, status=201, sends=c.CreateDataset)
async def create_dataset(request: Request, body: EarlyDatasetBody) -> Response:
    command = c.CreateDataset(title=body.name, source_imagery=body.source_imagery, category=CATEGORY,
                              visibility=VISIBILITY[body.status], offset=body.offset)  # fmt: skip
    return await reshaped(await send(request, command), _Shape(request))


@routes.get("/dataset/{dataset_id}/", Policy.PUBLIC_READ, EarlyDataset)
async def get_dataset(request: Request, dataset_id: Id) -> Response:
    return await reshaped(await ask(request, c.GetDataset(dataset_id=dataset_id)), _Shape(request))


@routes.put("/dataset/{dataset_id}/", Policy.OWNER, EarlyDataset, sends=c.ChangeDataset)
async def replace_dataset(request: Request, dataset_id: Id, body: EarlyDatasetBody) -> Response:
    """What is left out stays."""
    return await _change(request, dataset_id, EarlyDatasetPatch(**body.model_dump(exclude_unset=True)))


@routes.patch("/dataset/{dataset_id}/", Policy.OWNER, EarlyDataset, sends=c.ChangeDataset)
async def change_dataset(request: Request, dataset_id: Id, body: EarlyDatasetPatch) -> Response:
    return await _change(request, dataset_id, body)


@routes.delete("/dataset/{dataset_id}/", Policy.OWNER, sends=c.DeleteDataset, refuses={409: "Trainings refer to it."})
async def delete_dataset(request: Request, dataset_id: Id) -> Response:
    return await send(request, c.DeleteDataset(dataset_id=dataset_id))


async def _change(request: Request, dataset_id: int, body: EarlyDatasetPatch) -> Response:
    visibility: Any = None if body.status is None else VISIBILITY[body.status]
    command = c.ChangeDataset(
        dataset_id=dataset_id, title=body.name, source_imagery=body.source_imagery, visibility=visibility,
        offset=body.offset,
    )  # fmt: skip
    return await reshaped(await send(request, command), _Shape(request))


class _Shape:
    def __init__(self, request: Request) -> None:
        self.facts = Facts(request)

    async def __call__(self, row: Row) -> Row:
        return {
            "id": row["id"], "name": row["title"], "source_imagery": row["source_imagery"],
            "status": STATUS[row["visibility"]], "user": await self.facts.person(row["user"]),
            "created_at": row["created_at"], "last_modified": row["last_modified"],
            "offset": row["offset"], "models_count": row["models_count"],
        }  # fmt: skip
