"""Trainings and predictions in v1."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from gateway.apis.fair_v1.rows import Person, Point
from gateway.apis.fair_v1.statuses import TaskStatus, V1Status


class TrainedModel(BaseModel):
    """`name` is empty when the caller may not see the model."""

    id: int
    name: str
    base_model: str


class V1Training(BaseModel):
    """`accuracy` in per cent; options are those of the run."""

    id: int
    model: TrainedModel
    source_imagery: str | None
    description: str
    status: V1Status
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


class V1TrainingDetail(V1Training):
    feedback_count: int
    approved_predictions_count: int


class V1Prediction(BaseModel):
    id: int
    geom: dict[str, Any]
    description: str
    config: dict[str, Any]
    status: V1Status
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
    """`traceback` holds the end of the log while the run is not finished."""

    id: str
    status: TaskStatus
    result: dict[str, Any] | str | None
    error: str | None = None
    traceback: str | None
