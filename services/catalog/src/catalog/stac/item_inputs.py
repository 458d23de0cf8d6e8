"""Inputs of the builders of items."""

from dataclasses import dataclass
from typing import Any, Literal

LabelFormat = Literal["geojson", "coco", "csv"]


@dataclass(frozen=True)
class StoredFile:
    """A file in our object store. `href` is an s3:// URI; a folder has neither size nor digest."""

    href: str
    size: int | None = None
    sha256: str | None = None
    """Hexadecimal."""


@dataclass(frozen=True)
class DatasetItemInput:
    """A built dataset. `aoi` is a GeoJSON MultiPolygon in EPSG:4326; `bbox` is west, south, east, north in degrees,
    west > east when it crosses the antimeridian."""

    stac_id: str
    title: str
    description: str
    user_id: int
    username: str
    source_imagery: str
    classes: list[dict[str, Any]]
    """`[{name, classes: [...]}]`; `["*"]` is any value."""
    tasks: list[str]
    """Task names of models; the matching label tasks are added."""
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
    outcome: dict[str, Any] | None = None
    """`{tiles, labels}`, each `{wanted, done, left_out, altered}`."""


@dataclass(frozen=True)
class PublishedRun:
    """A completed training, input of an item of `local-models`."""

    item_id: str
    name: str
    title: str
    description: str
    keywords: list[str]
    user_id: int
    version: int
    hyperparameters: dict[str, Any]
    """Values used by the run; keys without prefix."""
    metrics: dict[str, Any]
    split: dict[str, Any]
    started_at: str | None
    ended_at: str | None
    """ISO 8601."""
    wall_seconds: float | None
    model: StoredFile
    checkpoint: StoredFile
    training_metrics: StoredFile | None
    reliability: StoredFile | None = None
    """The plot of how often answers of each confidence are right."""
    username: str = ""
