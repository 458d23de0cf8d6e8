"""Dataset versions made of campaigns, and exports of them in the formats of trainers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.catalog.label_campaigns import SplitRule
from contracts.catalog.label_shared import Id, JobState, LabelName, ListPage, Metadata, Title
from contracts.shared import Json

ExportFormat = Literal["coco", "yolo", "voc", "geojson", "csv"]
DATASET_FILES = ("manifest.json", "annotations.coco.json", "labels.csv", "annotations.geojson", "item.json")


class VersionPart(Contract):
    """A finished campaign, or those of its images that all given filters choose."""

    campaign_id: Id
    imageset_ids: list[Id] | None = Field(default=None, max_length=1000)
    taken_from: datetime | None = None
    taken_to: datetime | None = None
    min_agreement: float | None = Field(default=None, ge=0, le=1)
    """Of the labellers of an image; images with one labeller are in."""


class Composition(Contract):
    """What a version is made of. With `labels` only objects of these labels are in; images without one stay, as
    negatives. `metadata` as that of a campaign; by default that of the first one."""

    parts: list[VersionPart] = Field(min_length=1, max_length=50)
    labels: list[LabelName] | None = Field(default=None, min_length=1, max_length=1000)
    metadata: Metadata = None
    created_by: str = ""


class LabelDataset(Contract):
    """`classes` are the names of the categories in the order of their ids, from 0. `campaign_id` is null, and
    `composed_of` is given, for a version of several campaigns."""

    dataset_id: int
    campaign_id: int | None
    composed_of: Composition | None = None
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


class ComposeLabelDataset(Command, wire="catalog.v1.compose_label_dataset"):
    """Makes the next version of a dataset of its own from several campaigns, by an image-admin. It is frozen: what
    happens to the campaigns afterwards does not change it. Where an image is in several parts, the last one counts.
    Result: `LabelDataset`, 202. NotFound for an unknown campaign, Conflict for one that is not finished, for the title
    of a campaign, and while a version of this title is queued or running."""

    title: Title
    composition: Composition = Field(examples=[{"parts": [{"campaign_id": 12}, {"campaign_id": 13}]}])
    split: SplitRule | None = None


class ListTrainedModels(Query, wire="catalog.v1.list_models_of_label_dataset"):
    """Models that were trained on a version and published. Result: `{"models": [{stac_item_id, name, title, version,
    manifest_sha256, metrics}]}`."""

    dataset_id: Id


class TrainableLabelDataset(Contract):
    """What a training must know of a version. `georeferenced` are the images that lie on the map."""

    dataset_id: int
    chips_uri: str
    labels_uri: str
    keywords: list[str]
    chip_count: int
    georeferenced: int


class FindLabelDataset(Query, wire="catalog.v1.find_label_dataset"):
    """Result: `TrainableLabelDataset` of a version that is done, by the id of its item."""

    stac_item_id: str = Field(examples=["danube-2026-v2"])


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
    """`campaign_id` is that of the first campaign where a version is composed of several; `user_id` is who asked for
    it."""

    dataset_id: int
    campaign_id: int
    version: int
    campaign_ids: list[int] = []
    user_id: int | None = None

    def topics(self) -> tuple[str, ...]:
        return (f"label_dataset:{self.dataset_id}", f"label_campaign:{self.campaign_id}")

    def aggregate(self) -> str:
        return str(self.dataset_id)


class LabelDatasetExportRequested(LabelDatasetEvent, wire="catalog.v1.label_dataset_export_requested"):
    pass


class LabelDatasetRegistered(LabelDatasetEvent, wire="catalog.v1.label_dataset_registered"):
    """Carries what a training needs to know of the version."""

    title: str = ""
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
    user_id: int | None = None

    def topics(self) -> tuple[str, ...]:
        return (f"label_dataset:{self.dataset_id}",)

    def aggregate(self) -> str:
        return str(self.export_id)
