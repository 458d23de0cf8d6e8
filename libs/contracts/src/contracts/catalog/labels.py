"""Labels: features of the ground inside an AOI that were drawn, uploaded, or fetched from OpenStreetMap."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Live, Query
from contracts.catalog.datasets import GeometryType, LabelClass
from contracts.shared import Json, Outcome, Page, Remark, dataset_topics

BUILDINGS = [LabelClass(name="building", classes=["*"])]
Tile = tuple[int, int, int]
"""z, x, y of the Web Mercator grid."""


class LabelProperties(Contract):
    id: int
    aoi: int
    osm_id: int | None
    tags: Json | None
    created_at: datetime


class LabelFeature(Contract):
    """GeoJSON Feature of any geometry, EPSG:4326; `id` at the top and among the properties."""

    type: str = "Feature"
    id: int
    geometry: Json
    properties: LabelProperties


class CreateLabel(Command, wire="catalog.v1.create_label"):
    """201. When the same geometry exists in the same AOI, changes that row and answers 200."""

    expires = 30.0
    aoi_id: int
    geometry: Json
    osm_id: int | None = None
    tags: Json | None = None


class ChangeLabel(Command, wire="catalog.v1.change_label"):
    """`given` names the fields to change; the others stay as they are."""

    expires = 30.0
    label_id: int
    given: list[Literal["aoi_id", "geometry", "osm_id", "tags"]]
    aoi_id: int | None = None
    geometry: Json | None = None
    osm_id: int | None = None
    tags: Json | None = None


class DeleteLabel(Command, wire="catalog.v1.delete_label"):
    expires = 30.0
    label_id: int


class FetchLabels(Command, wire="catalog.v1.fetch_labels"):
    """Replaces the labels of an AOI by the features of OpenStreetMap in it. Returns the AOI; a job does the work."""

    aoi_id: int
    label_classes: list[LabelClass] = BUILDINGS
    geometry_type: GeometryType = "polygon"


class UploadLabels(Command, wire="catalog.v1.upload_labels"):
    """One of the `parts` of a GeoJSON file, small enough for the bus; the last to arrive starts the job that adds all
    of them. Returns the AOI.

    `numbers` are the positions of the features in the file, from 1; without them the features are consecutive.
    `left_out` names the features that are too large or too broken to be sent.
    """

    aoi_id: int
    upload: str = Field(max_length=64)
    part: int = Field(ge=0)
    parts: int = Field(ge=1, le=500)
    features: list[Json]
    numbers: list[int] = []
    left_out: list[Remark] = []


class GetLabel(Query, wire="catalog.v1.get_label"):
    label_id: int


class ListLabels(Query, wire="catalog.v1.list_labels"):
    """Ordered by id. `after`: only greater ids, and no count. A page may end early, before it is too large for the bus.

    `aoi` 0 has no labels.
    """

    page: Page = Page()
    aoi: int | None = None
    dataset: int | None = None
    tile: Tile | None = None
    after: int = 0


class LabelFetchJob(Job, wire="catalog.v1.fetch_labels"):
    """`run` numbers the fetches of an AOI; the job of an older fetch does nothing."""

    aoi_id: int
    user_id: int
    run: int
    label_classes: list[LabelClass]
    geometry_type: GeometryType


class LabelUploadJob(Job, wire="catalog.v1.store_labels"):
    aoi_id: int
    user_id: int
    upload: str


class LabelProgress(Live, wire="catalog.v1.label_progress"):
    aoi_id: int
    user_id: int
    stage: Literal["fetch", "store"]
    done: int
    total: int

    def key(self) -> str:
        return str(self.aoi_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class AoiLabelEvent(Event):
    aoi_id: int
    user_id: int
    dataset: int | None = None

    def aggregate(self) -> str:
        return str(self.aoi_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)

    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset)


class LabelsStored(AoiLabelEvent, wire="catalog.v1.labels_stored"):
    """A fetch or an upload has ended. `count` is the number of stored labels; `outcome` says what became of the
    others."""

    source: Literal["osm", "upload"]
    count: int
    outcome: Outcome | None = None


class LabelsFailed(AoiLabelEvent, wire="catalog.v1.labels_failed"):
    source: Literal["osm", "upload"]
    reason: str
    outcome: Outcome | None = None
    """Given when none of the features can be a label."""


class LabelEvent(Event):
    label_id: int
    aoi_id: int
    user_id: int
    dataset: int | None = None

    def aggregate(self) -> str:
        return str(self.label_id)

    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset)


class LabelChanged(LabelEvent, wire="catalog.v1.label_changed"):
    """A label was created or changed by hand."""


class LabelDeleted(LabelEvent, wire="catalog.v1.label_deleted"):
    pass
