"""Dataset versions that were made of campaigns, and exports of them for trainers."""

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_datasets as c
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.images.image_bodies import Time
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed, redirected
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody, Text
from gateway.apis.labelstore.shared.splits import SplitBody
from gateway.http.commands import send
from gateway.http.inputs.fields import MAX_ID
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


class PartBody(StrictBody):
    """A finished campaign, or those of its images that all given filters choose."""

    campaign_id: int = Field(ge=0, le=MAX_ID, examples=[12])
    imageset_ids: list[Annotated[int, Field(ge=0, le=MAX_ID)]] | None = Field(None, max_length=1000)
    taken_from: Time = None
    taken_to: Time = None
    min_agreement: float | None = Field(None, ge=0, le=1, description="Of the labellers of an image")


class CompositionBody(StrictBody):
    """Where an image is in several parts, the last one counts."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "rivers-2026", "parts": [{"campaign_id": 12}]}]}
    )

    title: str = Field(min_length=1, max_length=128, examples=["rivers-2026"])
    parts: list[PartBody] = Field(min_length=1, max_length=50)
    labels: list[Annotated[str, Field(min_length=1, max_length=128)]] | None = Field(
        None, min_length=1, max_length=1000, description="Objects of other labels are left out"
    )
    metadata: dict[str, Any] | None = None
    split: SplitBody | None = None


class ModelOfDataset(BaseModel):
    """`manifest_sha256` is that of the version which the model has seen."""

    stac_item_id: str
    name: str
    title: str
    version: str
    manifest_sha256: str | None
    metrics: dict[str, Any]


class TrainedModels(BaseModel):
    models: list[ModelOfDataset]


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


@routes.post(
    "/label_datasets", Policy.AUTH, c.LabelDataset, status=202, sends=c.ComposeLabelDataset, refuses={
        404: "There is no such campaign.", 409: "A campaign is not finished, or the title is taken or in work.",
        422: "The title breaks the name rule.",
    },
)  # fmt: skip
async def compose_label_dataset(request: Request, body: CompositionBody) -> Response:
    """Makes the next version of a dataset from several campaigns and filters; it is frozen."""
    given = body.model_dump(exclude={"title", "split"})
    command = {"title": body.title, "composition": given, "split": body.split and body.split.model_dump()}
    return await send(request, c.ComposeLabelDataset.model_validate(command))


@routes.get("/label_datasets/{dataset_id}/models", Policy.AUTH, TrainedModels)
async def list_models_of_label_dataset(request: Request, dataset_id: Id) -> Response:
    """Lists the published models that were trained on a dataset version."""
    return await ask(request, c.ListTrainedModels(dataset_id=dataset_id))


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
