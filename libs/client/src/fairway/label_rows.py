"""Rows of the label store; unknown fields of newer servers are kept."""

from datetime import datetime
from typing import Any

from fairway.rows import Row


class ImageSet(Row):
    imageset_id: int
    title: str
    status: str
    ingest: dict[str, Any]
    """`{state, files_total, files_registered, files_unreadable, error}`; `state` ends as `done` or `failed`."""
    upload: dict[str, Any] | None = None
    """Where files go, after creation: `{url, fields, key_prefix, max_bytes, expires_at}`."""


class LabelImage(Row):
    image_id: int
    blobstorage_path: str


class Campaign(Row):
    campaign_id: int
    title: str
    status: str
    progress: dict[str, int]
    """`{total, done}`."""
    export: dict[str, Any]
    """`{state, dataset_id, version, error}` of the last dataset version."""
    access_token: dict[str, str | None] | None = None
    """`{apikey, apisecret}` of the labeller, after creation; the secret is null for one who had a key before."""


class CampaignImage(Row):
    image_id: int
    url: str
    labeled: bool


class Task(Row):
    """An image that the caller has leased, with objects to begin with."""

    image_id: int
    lease_expires_at: datetime
    draft: list[dict[str, Any]] = []
    comment: str | None = None
    """What a reviewer said of the last submission."""


class LabelDataset(Row):
    dataset_id: int
    campaign_id: int | None
    """None for a version that is composed of several campaigns."""
    title: str
    version: int
    state: str
    stac_item_id: str | None = None
    manifest_sha256: str | None = None
    image_count: int | None = None
    object_count: int | None = None
    error: str | None = None


class LabelExport(Row):
    export_id: int
    dataset_id: int
    format: str
    state: str
    size: int | None = None
    sha256: str | None = None
    error: str | None = None


class LabelImport(Row):
    import_id: int
    campaign_id: int
    state: str
    images_done: int
    images_total: int | None = None
    report: dict[str, Any] | None = None
    """`{images, objects, labels, unknown_labels, unmatched_files}`; the first two are outcomes."""
    error: str | None = None
    created_at: datetime
    upload: dict[str, Any] | None = None
    """Where the file goes, after creation without an address."""
