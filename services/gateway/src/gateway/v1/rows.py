"""Answers of v1 as its clients read them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from contracts.catalog.areas import AoiFeature, AoiProperties
from contracts.catalog.datasets import Offset
from contracts.prediction.feedback import FeedbackFeature, FeedbackProperties
from contracts.shared import CompactUser
from gateway.v1.statuses import EarlyStatus, TaskStatus


class Person(CompactUser):
    img_url: str


class EarlyDataset(BaseModel):
    id: int
    name: str
    source_imagery: str
    status: Literal[-1, 0]
    user: Person
    created_at: datetime
    last_modified: datetime
    offset: Offset
    models_count: int


class EarlyAoiProperties(AoiProperties):
    user: int  # type: ignore[assignment]


class EarlyAoi(AoiFeature):
    id: int
    properties: EarlyAoiProperties  # type: ignore[assignment]


class FeedbackAoiProperties(AoiProperties):
    training: int | None


class FeedbackAoi(AoiFeature):
    id: int
    properties: FeedbackAoiProperties  # type: ignore[assignment]


class FeedbackLabelProperties(BaseModel):
    id: int
    feedback_aoi: int
    osm_id: int | None
    tags: dict[str, Any] | None
    created_at: datetime


class FeedbackLabel(BaseModel):
    type: Literal["Feature"]
    id: int
    geometry: dict[str, Any]
    properties: FeedbackLabelProperties


class ApprovedProperties(FeedbackProperties):
    training: int | None


class Approved(FeedbackFeature):
    id: int
    properties: ApprovedProperties  # type: ignore[assignment]


class EarlyModel(BaseModel):
    """`accuracy` in per cent."""

    id: int
    name: str
    dataset: int | None
    description: str
    base_model: str
    thumbnail_url: str | None
    user: Person
    created_at: datetime
    last_modified: datetime
    status: Literal[-1, 0, 1]
    published_training: int | None
    accuracy: float | None


class Point(BaseModel):
    type: Literal["Point"]
    coordinates: tuple[float, float]


class ModelMark(BaseModel):
    mid: int
    name: str


class ModelPoint(BaseModel):
    type: Literal["Feature"]
    geometry: Point
    properties: ModelMark


class EarlyTraining(BaseModel):
    """`accuracy` in per cent; the options are those that the run was given."""

    id: int
    model: int
    source_imagery: str | None
    description: str
    status: EarlyStatus
    task_id: str
    zoom_level: list[int]
    epochs: int | None
    batch_size: int | None
    freeze_layers: bool | None
    multimasks: bool | None
    input_contact_spacing: int | None
    input_boundary_width: int | None
    accuracy: float | None
    chips_length: int | None
    centroid: Point | None
    user: Person
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class EarlyTrainingDetail(EarlyTraining):
    feedback_count: int
    approved_predictions_count: int


class EarlyPrediction(BaseModel):
    id: int
    geom: dict[str, Any]
    description: str
    config: dict[str, Any]
    status: EarlyStatus
    task_id: str
    result: dict[str, str] | None
    mapswipe_id: str | None
    published: bool
    published_at: datetime | None
    user: Person
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Queued(BaseModel):
    detail: str
    task_id: str


class Task(BaseModel):
    """`traceback` holds the end of the log while the run is under way."""

    id: str
    status: TaskStatus
    result: dict[str, Any] | str | None
    error: str | None = None
    traceback: str | None


class FileSize(BaseModel):
    size: int


class FolderSize(FileSize):
    len: int


class EarlyWorkspace(BaseModel):
    file: dict[str, FileSize]
    dir: dict[str, FolderSize]


class FileAddress(BaseModel):
    result: str


class UploadState(BaseModel):
    status: str
