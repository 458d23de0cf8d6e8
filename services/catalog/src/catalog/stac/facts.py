"""What the builders of items are told."""

from dataclasses import dataclass
from typing import Any, Literal

LabelFormat = Literal["geojson", "coco", "csv"]


@dataclass(frozen=True)
class StoredFile:
    """Something we wrote into the object store. `href` is an s3:// URI; a folder has neither size nor digest."""

    href: str
    size: int | None = None
    sha256: str | None = None
    """Hex."""


@dataclass(frozen=True)
class DatasetFacts:
    """A built dataset. `aoi` is a GeoJSON MultiPolygon in EPSG:4326, `bbox` its west, south, east, north."""

    stac_id: str
    title: str
    description: str
    user_id: int
    username: str
    source_imagery: str
    classes: list[dict[str, Any]]
    """`[{name, classes: [...]}]`; `["*"]` is any value."""
    tasks: list[str]
    """Task names of models; the label tasks they stand for are added."""
    keywords: list[str]
    label_type: Literal["vector", "raster"]
    geometry_type: Literal["point", "line", "polygon"]
    aoi: dict[str, Any]
    bbox: tuple[float, float, float, float]
    chip_count: int
    chips: StoredFile
    labels: StoredFile
    download: StoredFile
    label_format: LabelFormat = "geojson"
    offset: tuple[float, float] = (0.0, 0.0)
    """Metres east and north by which the labels were moved to lie on the imagery."""


@dataclass(frozen=True)
class PublishedRun:
    """What a completed training made, on its way to an item of `local-models`."""

    item_id: str
    name: str
    title: str
    description: str
    keywords: list[str]
    user_id: int
    version: int
    hyperparameters: dict[str, Any]
    """Values really used, bare keys."""
    metrics: dict[str, Any]
    split: dict[str, Any]
    started_at: str | None
    ended_at: str | None
    """ISO 8601."""
    wall_seconds: float | None
    model: StoredFile
    checkpoint: StoredFile
    training_metrics: StoredFile | None
