from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class LabelDatasetRow(Base):
    """`campaign_id` is null for a version that is composed of several campaigns; `composed_of` says of which."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("campaign_id", "version", name="uq_datasets_campaign_id"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.campaigns.id"))
    title: Mapped[str]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(server_default="queued")
    uri: Mapped[str]
    stac_item_id: Mapped[str | None]
    manifest_sha256: Mapped[str | None]
    image_count: Mapped[int | None]
    negative_count: Mapped[int | None]
    object_count: Mapped[int | None]
    excluded_count: Mapped[int | None]
    classes: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    split_rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    split_counts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    composed_of: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    requested_by: Mapped[int | None]
    """Actor who asked for it."""
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivery: Mapped[int] = mapped_column(server_default="0")
    beat_at: Mapped[datetime | None]
    """Last heartbeat of the worker that makes it."""


Index("uq_datasets_title", func.lower(LabelDatasetRow.title), LabelDatasetRow.version, unique=True)


class DatasetImageRow(Base):
    """What a version holds: an image and the revision of its objects. `excluded` is the reason why an image of the
    campaign is in no file."""

    __tablename__ = "dataset_images"
    __table_args__ = (Index("ix_dataset_images_campaign_image_id", "campaign_image_id"), {"schema": SCHEMA})

    dataset_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.datasets.id"), primary_key=True)
    campaign_image_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.campaign_images.id"), primary_key=True)
    submission_id: Mapped[int | None]
    file_name: Mapped[str | None]
    split: Mapped[str | None]
    excluded: Mapped[str | None]


class LabelExportRow(Base):
    __tablename__ = "exports"
    __table_args__ = (UniqueConstraint("dataset_id", "format", name="uq_exports_dataset_id"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.datasets.id"))
    format: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivery: Mapped[int] = mapped_column(server_default="0")
    beat_at: Mapped[datetime | None]
