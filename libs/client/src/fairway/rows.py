"""Rows as the API returns them; unknown fields of newer servers are kept."""

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
    """None while the notification service does not answer."""
    notifications_delivery_methods: list[str] = ["web"]


class UsageEntry(Row):
    """Sums of one user and month, or of one run. Memory and stored data are in bytes."""

    user_id: int
    month: str
    run: int | None = None
    runs: int
    cpu_seconds: float
    gpu_seconds: float
    peak_memory: int
    stored_bytes: int


class UsageReport(Row):
    """`limits` are what one user may use in a month, by the name of the sum; None is without a limit."""

    entries: list[UsageEntry]
    limits: dict[str, float | None]


class Usage(Row):
    training: UsageReport
    prediction: UsageReport


class Feature(Row):
    """A GeoJSON Feature in EPSG:4326; `properties["id"]` is its id."""

    geometry: dict[str, Any]
    properties: dict[str, Any]

    @property
    def id(self) -> int:
        return self.properties["id"]


class Aoi(Feature):
    @property
    def status(self) -> str:
        """The state of fetching or uploading labels: `none`, `running`, `completed` or `failed`."""
        known = {0: "running", 1: "completed", -1: "failed" if self.error else "none"}
        return known[self.properties.get("label_status", -1)]

    @property
    def error(self) -> str:
        return self.properties.get("label_error", "")

    @property
    def label_count(self) -> int:
        return self.properties.get("label_count", 0)

    @property
    def label_outcome(self) -> dict[str, Any] | None:
        """`wanted`, `done`, `left_out` and `altered` of the last fetch or upload that is_done."""
        return self.properties.get("label_outcome")


class Label(Feature):
    pass


class BaseModelEntry(Row):
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
    chip_count: int | None = None
    outcome: dict[str, Any] | None = None
    """`{tiles, labels, notes}` of the last build that succeeded; two of `{wanted, done, left_out, altered}`."""
    error: str = ""
    created_at: datetime


class Training(Row):
    id: int
    zenml_run_id: str | None
    local_model: int
    status: str
    metrics: dict[str, Any] | None = None
    """Metrics by name of a completed training, as `building_iou` and `object_f1`; None means not defined."""
    outcome: dict[str, Any] | None = None
    """Chips of the dataset: `{wanted, done, left_out: [{reason, count, examples}], altered}`, if reported."""
    error: str = ""
    submitted_at: datetime


class Epoch(Row):
    epoch: int
    epochs: int
    values: dict[str, float | None]
    """Losses and other values by name; None means not defined (NaN, infinite)."""


class Prediction(Row):
    id: int
    zenml_run_id: str | None
    local_model_stac_id: str
    status: str
    results_ready: bool
    assets: dict[str, str] | None = None
    error: str = ""
    outcome: dict[str, Any] | None = None
    """Outcome of `tiles` and `features`, each `{wanted, done, left_out, altered}`, of a completed prediction."""
    submitted_at: datetime


class RelatedObj(Row):
    """The row with this `type` and `id`, a text for jobs of packages; `model` is the local model that it belongs to, if
    known."""

    id: int | str
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
    """`secret` is the key of the signatures (Standard Webhooks)."""

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
    """One page of a list; `count` is the number of all rows that the caller may see."""

    count: int
    next: str | None = None
    previous: str | None = None
    results: list[R]
