"""AOIs and categories."""

from datetime import datetime
from typing import Literal

from contracts.base import Command, CommandLookup, Contract, Event, Query
from contracts.shared import CompactUser, Json, Outcome, Page, dataset_topics


class GetCommand(CommandLookup, wire="catalog.v1.get_command"):
    pass


class AoiProperties(Contract):
    id: int
    dataset: int | None
    area: float
    """Square metres in EPSG:6933, two decimals."""
    user: CompactUser
    label_status: Literal[-1, 0, 1] = -1
    """-1 not downloaded, 0 under way, 1 downloaded."""
    label_fetched: datetime | None = None
    label_error: str = ""
    """Why the last fetch or upload failed, in words for the mapper."""
    label_count: int = 0
    label_outcome: Outcome | None = None
    """Outcome of the last fetch or upload that ended: features sent, stored, left out and why. Null while one is under
    way."""
    created_at: datetime
    last_modified: datetime


class AoiFeature(Contract):
    """GeoJSON Feature in EPSG:4326 with `bbox` and without a top-level `id`. A geometry that crosses the antimeridian
    is a MultiPolygon cut there, with a `bbox` whose west is greater than its east."""

    type: str = "Feature"
    geometry: Json
    bbox: tuple[float, float, float, float]
    properties: AoiProperties


class CreateAoi(Command, wire="catalog.v1.create_aoi"):
    """`geometry` is one polygon in EPSG:4326, as a GeoJSON geometry, Feature or FeatureCollection."""

    expires = 30.0
    geometry: Json
    dataset: int | None = None


class ChangeAoi(Command, wire="catalog.v1.change_aoi"):
    """Absent fields stay as they are; `set_dataset` tells an absent dataset from null."""

    expires = 30.0
    aoi_id: int
    geometry: Json | None = None
    dataset: int | None = None
    set_dataset: bool = False


class DeleteAoi(Command, wire="catalog.v1.delete_aoi"):
    expires = 30.0
    aoi_id: int


class GetAoi(Query, wire="catalog.v1.get_aoi"):
    aoi_id: int


class GetAoiGpx(Query, wire="catalog.v1.get_aoi_gpx"):
    """Returns the outer ring as a GPX 1.1 track: the XML text as a JSON string. `name` is that of the track, by default
    `AOI <id>`."""

    aoi_id: int
    name: str = ""


class ListAois(Query, wire="catalog.v1.list_aois"):
    """Ordered by id. `after`: only greater ids, and no count. A page may end early, before it is too large for the
    bus."""

    page: Page = Page()
    dataset: int | None = None
    user: int | None = None
    after: int = 0


class AoiEvent(Event):
    aoi_id: int
    user_id: int
    dataset: int | None = None

    def aggregate(self) -> str:
        return str(self.aoi_id)

    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset)


class AoiCreated(AoiEvent, wire="catalog.v1.aoi_created"):
    pass


class AoiChanged(AoiEvent, wire="catalog.v1.aoi_changed"):
    """`dataset_before` is the dataset in which it was until now."""

    dataset_before: int | None = None

    def topics(self) -> tuple[str, ...]:
        return dataset_topics(self.dataset, self.dataset_before)


class AoiDeleted(AoiEvent, wire="catalog.v1.aoi_deleted"):
    pass


class Category(Contract):
    id: int
    slug: str
    label: str
    description: str
    created_at: datetime
    last_modified: datetime


class CreateCategory(Command, wire="catalog.v1.create_category"):
    expires = 30.0
    slug: str
    label: str
    description: str = ""


class ChangeCategory(Command, wire="catalog.v1.change_category"):
    expires = 30.0
    slug: str
    label: str | None = None
    description: str | None = None


class DeleteCategory(Command, wire="catalog.v1.delete_category"):
    expires = 30.0
    slug: str


class GetCategory(Query, wire="catalog.v1.get_category"):
    slug: str


class ListCategories(Query, wire="catalog.v1.list_categories"):
    page: Page = Page()
