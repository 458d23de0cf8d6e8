"""Dataset versions made of campaigns, and exports of them in the formats of trainers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.catalog.label_campaigns import SplitRule
from contracts.catalog.label_shared import Id, JobState, ListPage
from contracts.shared import Json

ExportFormat = Literal["coco", "yolo", "voc", "geojson", "csv"]
DATASET_FILES = ("manifest.json", "annotations.coco.json", "labels.csv", "annotations.geojson", "item.json")


class LabelDataset(Contract):
    """`classes` are the names of the categories in the order of their ids, from 0."""

    dataset_id: int
    campaign_id: int
    title: str
    version: int
    state: JobState
    uri: str
    stac_item_id: str | None
    manifest_sha256: str | None
    image_count: int | None
    negative_count: int | None
    object_count: int | None
    excluded_count: int | None = None
    classes: list[str]
    split: dict[str, int] | None = None
    created_at: datetime
    error: str | None


class LabelExport(Contract):
    """A dataset version written in one format as a ZIP."""

    export_id: int
    dataset_id: int
    format: ExportFormat
    state: JobState
    size: int | None = None
    sha256: str | None = None
    created_at: datetime
    error: str | None = None


class ExportCampaign(Command, wire="catalog.v1.export_campaign"):
    """Makes the next dataset version of a finished campaign. `split` replaces the rule of the campaign. Result:
    `Campaign`, 202. Conflict unless the campaign is `finished` and no export is queued or running."""

    campaign_id: Id
    split: SplitRule | None = None


class GetLabelDataset(Query, wire="catalog.v1.get_label_dataset"):
    dataset_id: Id


class ListLabelDatasets(Query, wire="catalog.v1.list_label_datasets"):
    """`title` is that of the campaign."""

    page: ListPage = ListPage()
    campaign_id: Id | None = None
    title: str | None = None


class GetLabelDatasetFile(Query, wire="catalog.v1.get_label_dataset_file"):
    """Result: `SignedUrl` of one of `DATASET_FILES`; NotFound for others, and while the version is not `done`."""

    dataset_id: Id
    name: str = Field(examples=["manifest.json"])


class DiffLabelDatasets(Query, wire="catalog.v1.diff_label_datasets"):
    """What `other_id` has in comparison with `dataset_id`. Result: for each of `added`, `removed` (images), `changed`
    (images whose objects differ) and `moved` (images whose split differs) `{count, image_ids}`, at most 10,000 ids."""

    dataset_id: Id
    other_id: Id


class CreateLabelExport(Command, wire="catalog.v1.create_label_export"):
    """Result: `LabelExport`, 202; one that exists in this format is returned again. Conflict unless the version is
    `done`."""

    dataset_id: Id
    format: ExportFormat


class GetLabelExport(Query, wire="catalog.v1.get_label_export"):
    export_id: Id


class GetLabelExportFile(Query, wire="catalog.v1.get_label_export_file"):
    """Result: `SignedUrl` of the ZIP; Conflict while it is not `done`."""

    export_id: Id


class MakeLabelDatasetJob(Job, wire="catalog.v1.make_label_dataset"):
    group = "bulk"
    dataset_id: int


class WriteLabelExportJob(Job, wire="catalog.v1.write_label_export"):
    group = "bulk"
    export_id: int


class LabelDatasetEvent(Event):
    dataset_id: int
    campaign_id: int
    version: int

    def aggregate(self) -> str:
        return str(self.dataset_id)


class LabelDatasetExportRequested(LabelDatasetEvent, wire="catalog.v1.label_dataset_export_requested"):
    pass


class LabelDatasetRegistered(LabelDatasetEvent, wire="catalog.v1.label_dataset_registered"):
    """Carries what a training needs to know of the version."""

    stac_item_id: str
    uri: str
    manifest_sha256: str
    classes: list[str]
    keywords: list[str] = []
    chips_uri: str
    labels_uri: str
    chip_count: int
    split: dict[str, int] | None = None
    summary: Json = {}


class LabelDatasetExportFailed(LabelDatasetEvent, wire="catalog.v1.label_dataset_export_failed"):
    error: str


class LabelExportReady(Event, wire="catalog.v1.label_export_ready"):
    export_id: int
    dataset_id: int
    format: ExportFormat
    sha256: str
    size: int

    def aggregate(self) -> str:
        return str(self.export_id)
