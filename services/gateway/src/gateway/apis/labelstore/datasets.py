"""Dataset versions that were made of campaigns, and exports of them for trainers."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_datasets as c
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed, redirected
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody, Text
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes

routes = Routes("datasets", LABELS)
FileName = Annotated[str, Path(max_length=64)]


class DatasetFilters(Paged):
    campaign_id: Id | None = None
    title: Text = None


class LabelExportBody(StrictBody):
    format: c.ExportFormat = Field(examples=["yolo"])


class DifferentImages(BaseModel):
    """`image_ids` are the first 10,000."""

    count: int
    image_ids: list[int]


class Difference(BaseModel):
    """From the first version to the other one. Objects of `changed` images differ; `moved` ones have another split."""

    added: DifferentImages
    removed: DifferentImages
    changed: DifferentImages
    moved: DifferentImages


@routes.get("/label_datasets", Policy.AUTH, listed("datasets", c.LabelDataset), refuses=PAST_THE_END)
async def list_label_datasets(request: Request, filters: Annotated[DatasetFilters, Query()]) -> Response:
    """Lists dataset versions."""
    return await ask_page(request, c.ListLabelDatasets, "datasets", filters)


@routes.get("/label_datasets/{dataset_id}", Policy.AUTH, c.LabelDataset, scope="polling")
async def get_label_dataset(request: Request, dataset_id: Id) -> Response:
    """Shows a dataset version."""
    return await ask(request, c.GetLabelDataset(dataset_id=dataset_id))


@routes.get("/label_datasets/{dataset_id}/files/{name}", Policy.AUTH, str, status=303)
async def download_label_dataset_file(request: Request, dataset_id: Id, name: FileName) -> Response:
    """Redirects to a file of a dataset version."""
    return await redirected(request, c.GetLabelDatasetFile(dataset_id=dataset_id, name=name))


@routes.get("/label_datasets/{dataset_id}/diff/{other_id}", Policy.AUTH, Difference)
async def diff_label_datasets(request: Request, dataset_id: Id, other_id: Id) -> Response:
    """Compares two dataset versions."""
    return await ask(request, c.DiffLabelDatasets(dataset_id=dataset_id, other_id=other_id))


@routes.post(
    "/label_datasets/{dataset_id}/exports", Policy.AUTH, c.LabelExport, status=202, sends=c.CreateLabelExport,
    refuses={409: "The version is not `done`."},
)  # fmt: skip
async def create_label_export(request: Request, dataset_id: Id, body: LabelExportBody) -> Response:
    """Writes a dataset version in another format, as a ZIP."""
    return await send(request, c.CreateLabelExport(dataset_id=dataset_id, format=body.format))


@routes.get("/label_exports/{export_id}", Policy.AUTH, c.LabelExport, scope="polling")
async def get_label_export(request: Request, export_id: Id) -> Response:
    """Shows an export."""
    return await ask(request, c.GetLabelExport(export_id=export_id))


@routes.get("/label_exports/{export_id}/file", Policy.AUTH, str, status=303, refuses={409: "The export is not `done`."})
async def download_label_export(request: Request, export_id: Id) -> Response:
    """Redirects to the ZIP of an export."""
    return await redirected(request, c.GetLabelExportFile(export_id=export_id))
