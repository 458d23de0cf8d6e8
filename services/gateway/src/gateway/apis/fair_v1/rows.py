"""Responses of v1."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from contracts.catalog.areas import AoiFeature, AoiProperties
from contracts.catalog.datasets import Offset
from contracts.prediction.feedback import FeedbackFeature, FeedbackProperties
from contracts.shared import CompactUser

T = TypeVar("T")


class Person(CompactUser):
    img_url: str


class V1Dataset(BaseModel):
    id: int
    name: str
    source_imagery: str
    status: Literal[-1, 0]
    user: Person
    created_at: datetime
    last_modified: datetime
    offset: Offset
    models_count: int


class V1AoiProperties(AoiProperties):
    user: int  # type: ignore[assignment]


class V1Aoi(AoiFeature):
    id: int
    properties: V1AoiProperties  # type: ignore[assignment]


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
    training: int | None = Field(default=...)


class Approved(FeedbackFeature):
    id: int = Field(default=...)  # pyright: ignore[reportIncompatibleVariableOverride]  (an answer always has one)
    properties: ApprovedProperties  # type: ignore[assignment]


class ModelDataset(BaseModel):
    """The dataset of a model; only `id` is set when the caller may not see it."""

    id: int | None
    name: str
    source_imagery: str
    offset: Offset


class V1Model(BaseModel):
    """`accuracy` in per cent."""

    id: int
    name: str
    dataset: ModelDataset
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


class FileSize(BaseModel):
    size: int


class FolderSize(FileSize):
    len: int


class V1Workspace(BaseModel):
    file: dict[str, FileSize]
    dir: dict[str, FolderSize]


class FileAddress(BaseModel):
    result: str


class UploadState(BaseModel):
    status: str


class MadeProject(BaseModel):
    project_id: str
    status: Literal["READY_TO_PROCESS"]
    prediction_id: int


class ShownProject(BaseModel):
    """The details that Mapswipe reports; `results` once it is finished."""

    model_config = ConfigDict(extra="allow")

    id: str
    status: str
    webUrl: str | None
    results: dict[str, Any] | None = None


class Coded(BaseModel, Generic[T]):
    code: Literal["SUCCESS"]
    message: str
    data: T
