"""Datasets: chips and labels of an area, built by a job, published as STAC items."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, FiniteFloat

from contracts.base import Command, Contract, Event, Job, Live, Query
from contracts.shared import CompactUser, Json, Outcome, Page, Visibility, Waiting, dataset_topics

DatasetStatus = Literal["draft", "building", "built", "failed"]
Task = Literal["semantic-segmentation", "instance-segmentation", "object-detection", "classification"]
GeometryType = Literal["point", "line", "polygon"]
Offset = tuple[FiniteFloat, FiniteFloat]
"""Metres east and north by which labels are moved to match the imagery."""


class LabelClass(Contract):
    """An OSM key and its values; `["*"]` is any value. Further members are kept."""

    model_config = ConfigDict(extra="allow")

    name: str
    classes: list[str | int]


class BuildOutcome(Contract):
    """Outcome of a build: the tiles of its areas, and the labels that were found there."""

    tiles: Outcome
    labels: Outcome
    notes: list[str] = []
    """What the mapper should know before using the dataset, in full sentences."""


class Dataset(Contract):
    id: int
    stac_id: str
    title: str
    source_imagery: str
    category: str
    status: DatasetStatus
    visibility: Visibility
    stac_url: str | None
    user: CompactUser
    star_count: int = 0
    is_starred: bool = False
    stac: Json | None = None
    assets: dict[str, str] | None = None
    offset: Offset = (0.0, 0.0)
    models_count: int = 0
    """Number of local models that were trained on it."""
    zoom: int | None = None
    """Zoom level of its chips, once a build was requested."""
    chip_count: int | None = None
    error: str = ""
    """Why the last build failed, in words for the mapper."""
    waiting: Waiting | None = None
    """For a build that waits because a server of the platform is away."""
    outcome: BuildOutcome | None = None
    """Outcome of the last build that succeeded."""
    created_at: datetime
    last_modified: datetime


class BuildDataset(Command, wire="catalog.v1.build_dataset"):
    title: str
    description: str
    source_imagery: str
    category: str
    zoom: int = Field(ge=14, le=22)
    aoi_ids: list[int]
    label_tasks: list[Task]
    label_classes: list[LabelClass]
    keywords: list[str]
    label_type: Literal["vector", "raster"] = "vector"
    geometry_type: GeometryType
    label_source: Literal["osm", "stored"] = "osm"
    """Labels are fetched from OpenStreetMap, or taken from the AOIs."""


class CreateDataset(Command, wire="catalog.v1.create_dataset"):
    """Creates a draft without a build."""

    expires = 30.0
    title: str
    source_imagery: str
    category: str = "other"
    visibility: Visibility = "private"
    offset: Offset = (0.0, 0.0)


class BuildDraft(Command, wire="catalog.v1.build_draft"):
    """Builds a draft from the areas that were drawn for it."""

    dataset_id: int
    description: str
    zoom: int = Field(ge=14, le=22)
    label_tasks: list[Task]
    label_classes: list[LabelClass]
    keywords: list[str]
    label_type: Literal["vector", "raster"] = "vector"
    geometry_type: GeometryType
    label_source: Literal["osm", "stored"] = "osm"


class RebuildDataset(Command, wire="catalog.v1.rebuild_dataset"):
    """Runs the build of a failed dataset again with its first request; also of one whose worker has died."""

    dataset_id: int


class CancelBuild(Command, wire="catalog.v1.cancel_build"):
    """Ends a build that is running or waiting; the dataset is then `failed` and can be built again."""

    dataset_id: int


class ChangeDataset(Command, wire="catalog.v1.change_dataset"):
    expires = 30.0
    dataset_id: int
    title: str | None = None
    source_imagery: str | None = None
    category: str | None = None
    visibility: Visibility | None = None
    offset: Offset | None = None


class DeleteDataset(Command, wire="catalog.v1.delete_dataset"):
    expires = 30.0
    dataset_id: int


class GetDataset(Query, wire="catalog.v1.get_dataset"):
    """By `dataset_id`, or by `stac_id` for services that repair a projection."""

    dataset_id: int | None = None
    stac_id: str | None = None
    expand: bool = False


class ListDatasets(Query, wire="catalog.v1.list_datasets"):
    page: Page = Page()
    status: DatasetStatus | None = None
    visibility: Visibility | None = None
    user: int | None = None
    expand: bool = False


class ListDatasetCentroids(Query, wire="catalog.v1.list_dataset_centroids"):
    """Returns the centre points of the AOIs of each visible dataset, by id from `after` on; datasets without AOIs have
    none."""

    page: Page = Page()
    after: int = 0


class DatasetBuildJob(Job, wire="catalog.v1.build_dataset"):
    """`build` numbers the builds of a dataset; the job of an older build does nothing."""

    group = "bulk"
    dataset_id: int
    user_id: int
    build: int = 1


class DatasetProgress(Live, wire="catalog.v1.dataset_progress"):
    dataset_id: int
    user_id: int
    stage: Literal["chips", "labels", "archive", "register"]
    done: int
    total: int

    def key(self) -> str:
        return str(self.dataset_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class DatasetEvent(Event):
    dataset_id: int
    stac_id: str
    user_id: int
    title: str

    def aggregate(self) -> str:
        return str(self.dataset_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class DatasetBuildRequested(DatasetEvent, wire="catalog.v1.dataset_build_requested"):
    pass


class DatasetBuilt(DatasetEvent, wire="catalog.v1.dataset_built"):
    """Carries everything that a training needs to know of the dataset, so that it need not ask."""

    visibility: Visibility
    category: str
    chips_uri: str
    """s3:// prefix of the chips."""
    labels_uri: str
    chip_count: int
    feature_count: int
    zoom: int
    keywords: list[str]
    label_tasks: list[Task]
    geometry_type: GeometryType
    outcome: BuildOutcome | None = None
    metres_per_pixel: float | None = None
    """Ground that a pixel of its imagery covers, where it covers most; null in events of earlier releases."""


class DatasetBuildFailed(DatasetEvent, wire="catalog.v1.dataset_build_failed"):
    reason: str


class DatasetChanged(DatasetEvent, wire="catalog.v1.dataset_changed"):
    visibility: Visibility

    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset_id)


class DatasetDeleted(DatasetEvent, wire="catalog.v1.dataset_deleted"):
    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset_id)
