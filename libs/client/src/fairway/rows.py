"""Rows as the API shows them; fields of newer servers are kept and ignored."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

R = TypeVar("R")


class Row(BaseModel):
    model_config = ConfigDict(extra="allow")


class User(Row):
    osm_id: int
    username: str


class Profile(User):
    email: str | None = None
    unread_notifications_count: int | None = None
    """None while nobody answers for it."""
    notifications_delivery_methods: list[str] = ["web"]


class Feature(Row):
    """GeoJSON Feature in EPSG:4326; `properties["id"]` is its number."""

    geometry: dict[str, Any]
    properties: dict[str, Any]

    @property
    def id(self) -> int:
        return self.properties["id"]


class Aoi(Feature):
    @property
    def status(self) -> str:
        """How fetching or uploading its labels stands."""
        known = {0: "running", 1: "completed", -1: "failed" if self.error else "none"}
        return known[self.properties.get("label_status", -1)]

    @property
    def error(self) -> str:
        return self.properties.get("label_error", "")

    @property
    def label_count(self) -> int:
        return self.properties.get("label_count", 0)


class Label(Feature):
    pass


class BaseModelRow(Row):
    id: int
    name: str
    status: str
    stac_item_id: str
    error: str = ""


class LocalModel(Row):
    id: int
    name: str
    base_model_name: str
    stac_item_id: str
    visibility: str


class Dataset(Row):
    id: int
    stac_id: str
    title: str
    status: str
    visibility: str
    assets: dict[str, str] | None = None
    error: str = ""
    created_at: datetime


class Training(Row):
    id: int
    zenml_run_id: str | None
    local_model: int
    status: str
    metrics: dict[str, float] | None = None
    """By name, once it has completed; `building_iou`, `object_f1` and others of the model."""
    error: str = ""
    submitted_at: datetime


class Epoch(Row):
    epoch: int
    epochs: int
    values: dict[str, float]


class Prediction(Row):
    id: int
    zenml_run_id: str | None
    local_model_stac_id: str
    status: str
    results_ready: bool
    assets: dict[str, str] | None = None
    error: str = ""
    submitted_at: datetime


class RelatedObj(Row):
    """`type` says what `id` numbers; `model` is the local model that it belongs to, where known."""

    id: int
    type: str
    model: int | None


class Notification(Row):
    id: int
    message: str
    is_read: bool
    created_at: datetime
    related_obj: RelatedObj | None = None


class Webhook(Row):
    id: int
    url: str
    description: str
    active: bool
    verified: bool = False
    reason: str = ""
    last_delivery_status: str | None
    last_delivery_at: datetime | None


class NewWebhook(Webhook):
    """`secret` verifies the signatures of the calls (Standard Webhooks)."""

    secret: str | None = None


class WebhookDelivery(Row):
    id: str
    event_type: str
    status: str
    response_code: int | None
    attempts: int
    error: str
    created_at: datetime


class LogLine(Row):
    level: str
    message: str
    timestamp: datetime | None


class Page(BaseModel, Generic[R]):
    """One page; `count` is the number of all rows the caller may see."""

    count: int
    next: str | None = None
    previous: str | None = None
    results: list[R]
