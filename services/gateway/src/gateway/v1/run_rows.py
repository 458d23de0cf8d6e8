"""Runs as clients of v1 read them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from gateway.v1.rows import Person, Point
from gateway.v1.statuses import EarlyStatus, TaskStatus


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
