from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.tables import Base


class Registered:
    """What base and local models have in common."""

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    category: Mapped[str] = mapped_column(ForeignKey("categories.slug"), index=True)
    stac_item_id: Mapped[str] = mapped_column(index=True, server_default="")
    status: Mapped[str] = mapped_column(index=True)
    visibility: Mapped[str] = mapped_column(index=True)
    is_pinned: Mapped[bool] = mapped_column(index=True, server_default="false")
    user_id: Mapped[int] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(server_default="")
    """As it was when the row was born; `known_users` knows better once it knows."""
    star_count: Mapped[int] = mapped_column(index=True, server_default="0")
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """`contracts.catalog.models.ModelFacts` of the active version."""
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    last_modified: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


class BaseModelRow(Registered, Base):
    __tablename__ = "base_models"

    error: Mapped[str] = mapped_column(server_default="")
    item: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The STAC item as it was submitted."""
    generation: Mapped[int] = mapped_column(server_default="1")
    """Counts registrations; a job that finds another number has been overtaken."""
    stac_version: Mapped[int | None]
    """Version that the registration in hand will get; fixed before anything is written to STAC."""


class LocalModelRow(Registered, Base):
    __tablename__ = "local_models"

    base_model_id: Mapped[int] = mapped_column(ForeignKey("base_models.id"), index=True)
    title: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    dataset: Mapped[int | None] = mapped_column(index=True)
    card_as_of: Mapped[datetime | None]
    """Title, description and dataset are the card that training keeps; this is how old our copy is."""
    published_training: Mapped[int | None]


class ModelRunRow(Base):
    """Trainings of a local model, as training tells of them."""

    __tablename__ = "model_runs"

    training_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    local_model_id: Mapped[int] = mapped_column(index=True)
    as_of: Mapped[datetime]


class GoneModelRow(Base):
    """Local models that were deleted: what is told of them afterwards is old."""

    __tablename__ = "gone_models"

    local_model_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class WaitingModelRow(Base):
    """The latest that was told of a local model whose base model is not known here yet, by kind of event."""

    __tablename__ = "waiting_models"

    local_model_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    base_model_stac_id: Mapped[str] = mapped_column(index=True)
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    as_of: Mapped[datetime]
