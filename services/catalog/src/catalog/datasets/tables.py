from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, Identity, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class DatasetRow(Base):
    """`request` is the build request as it was sent, so that a failed build can run again. `build` counts requests,
    `delivery` is that of the job that works on it; together they make writes of older workers fail. `beat_at` is the
    last heartbeat of that job, null without one."""

    __tablename__ = "datasets"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    stac_id: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(index=True)
    source_imagery: Mapped[str]
    category: Mapped[str] = mapped_column(ForeignKey("categories.slug"), index=True)
    status: Mapped[str] = mapped_column(index=True)
    visibility: Mapped[Literal["private", "public"]] = mapped_column(Text)
    user_id: Mapped[int]
    request: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    build: Mapped[int] = mapped_column(server_default="0")
    delivery: Mapped[int] = mapped_column(server_default="0")
    beat_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(server_default="")
    waiting: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`contracts.shared.Waiting` of a build that waits for a server."""
    chip_count: Mapped[int | None]
    feature_count: Mapped[int | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`contracts.catalog.datasets.BuildOutcome` of the last successful build."""
    star_count: Mapped[int] = mapped_column(server_default="0")
    aoi_count: Mapped[int] = mapped_column(server_default="0")
    """Number of its areas; written by a trigger (migration 0007, decision 51)."""
    offset: Mapped[list[float]] = mapped_column(JSONB, server_default="[0.0, 0.0]")
    """Metres east and north from the map to the imagery."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_modified: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def zoom(self) -> int | None:
        return (self.request or {}).get("zoom")


class DatasetUse(Base):
    """A training that uses the dataset, as `training` reported it; a used dataset cannot be deleted."""

    __tablename__ = "dataset_uses"

    training_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stac_id: Mapped[str] = mapped_column(index=True)
    as_of: Mapped[datetime]
