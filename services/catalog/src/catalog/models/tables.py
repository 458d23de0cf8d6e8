from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base
from contracts.catalog.models import BaseModelStatus, LocalModelStatus
from contracts.shared import Visibility


class Registered:
    """Columns of both base and local models."""

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str] = mapped_column(ForeignKey("categories.slug"), index=True)
    stac_item_id: Mapped[str] = mapped_column(index=True, server_default="")
    visibility: Mapped[Visibility] = mapped_column(Text, index=True)
    is_pinned: Mapped[bool] = mapped_column(index=True, server_default="false")
    user_id: Mapped[int] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(server_default="")
    """Name at the creation of the row; `known_users` has the current one."""
    star_count: Mapped[int] = mapped_column(index=True, server_default="0")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`contracts.catalog.models.ModelSummary` of the active version."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    last_modified: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class BaseModelRow(Registered, Base):
    __tablename__ = "base_models"

    status: Mapped[BaseModelStatus] = mapped_column(Text, index=True)
    error: Mapped[str] = mapped_column(server_default="")
    item: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The submitted STAC item."""
    generation: Mapped[int] = mapped_column(server_default="1")
    """Number of the newest registration; a job with another number is outdated."""
    beat_at: Mapped[datetime | None]
    """Last heartbeat of the worker of that registration, null without one."""
    waiting: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`contracts.shared.Waiting` of a registration that waits for a server."""
    stac_version: Mapped[int | None]
    """Version of the running registration; stored before anything is written to STAC."""


class LocalModelRow(Registered, Base):
    __tablename__ = "local_models"

    status: Mapped[LocalModelStatus] = mapped_column(Text, index=True)
    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"), index=True)
    title: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    dataset: Mapped[int | None] = mapped_column(index=True)
    card_as_of: Mapped[datetime | None]
    """Title, description and dataset are copies of the model card in training; this is the age of the copy."""
    published_training: Mapped[int | None]


class ModelRunRow(Base):
    """Trainings of a local model, as training reports them."""

    __tablename__ = "model_runs"

    training_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    local_model_id: Mapped[int] = mapped_column(index=True)
    as_of: Mapped[datetime]


class DeletedModelRow(Base):
    """Deleted local models: later events about them are outdated."""

    __tablename__ = "gone_models"

    local_model_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class PendingModelEventRow(Base):
    """The newest event, by type, of a local model whose base model is unknown."""

    __tablename__ = "waiting_models"

    local_model_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    base_model_stac_id: Mapped[str] = mapped_column(index=True)
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[datetime]
