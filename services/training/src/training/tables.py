"""Runs, the names of the models they make, their loss series, and copies of others' facts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db import new_metadata

ACTIVE = "status NOT IN ('completed', 'failed', 'cached', 'retried', 'stopped')"
Json = dict[str, Any]


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {
        datetime: DateTime(timezone=True), int: BigInteger, str: Text, Json: JSONB, list[str]: JSONB,
    }  # fmt: skip


class ModelNameRow(Base):
    """A local model is born here: training gives it its id and its name, the catalog follows."""

    __tablename__ = "model_names"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(index=True)
    base_model_stac_id: Mapped[str]
    username: Mapped[str] = mapped_column(server_default="")
    """Of the one who drafted it; `known_users` knows better."""
    title: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    dataset: Mapped[int | None]
    visibility: Mapped[str] = mapped_column(server_default="private")
    visibility_as_of: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class TrainingRow(Base):
    __tablename__ = "trainings"
    __table_args__ = (Index("ix_trainings_active", "id", postgresql_where=text(ACTIVE)),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    zenml_run_id: Mapped[str | None] = mapped_column(unique=True)
    local_model: Mapped[int] = mapped_column(ForeignKey("model_names.id"), index=True)
    model_name: Mapped[str]
    base_model_stac_id: Mapped[str]
    dataset: Mapped[int] = mapped_column(index=True)
    dataset_stac_id: Mapped[str]
    overrides: Mapped[Json]
    hyperparameters: Mapped[Json]
    """What is really used, bare keys."""
    start_from: Mapped[str | None]
    weights_uri: Mapped[str | None]
    """Of the published model `start_from`; null where the base model's are used."""
    plan: Mapped[Json]
    """What the pipeline is called with: a `training.submit.domain.Plan`; empty while its dataset is being built."""
    title: Mapped[str]
    keywords: Mapped[list[str]]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(server_default="")
    user_id: Mapped[int] = mapped_column(index=True)
    username: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(index=True)
    last_polled_at: Mapped[datetime | None] = mapped_column(index=True)
    attempt: Mapped[int] = mapped_column(server_default="1")
    first_attempt: Mapped[int] = mapped_column(server_default="1")
    graceful: Mapped[bool] = mapped_column(server_default=text("false"))
    """How it is to be stopped."""
    queued_at: Mapped[datetime]
    """When the job of this attempt was last sent."""
    started_at: Mapped[datetime | None]
    """When a worker took it."""
    heartbeat_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Json | None]
    """Of a completed run: `{metrics, split, artifacts, version, started_at, ended_at, wall_seconds}`."""


class RunRow(Base):
    """Every pipeline run that a training ever had, so that earlier attempts can still be looked into."""

    __tablename__ = "training_runs"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]


class EpochRow(Base):
    __tablename__ = "epochs"

    training_id: Mapped[int] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    epochs: Mapped[int]
    values: Mapped[Json]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class KnownBaseModel(Base):
    __tablename__ = "known_base_models"

    stac_item_id: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[int]
    user_id: Mapped[int]
    visibility: Mapped[str]
    facts: Mapped[Json]
    as_of: Mapped[datetime]


class KnownDataset(Base):
    """`facts` is null while only a change of visibility was heard: then the catalog must be asked."""

    __tablename__ = "known_datasets"

    stac_id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int]
    visibility: Mapped[str]
    deleted: Mapped[bool] = mapped_column(server_default=text("false"))
    facts: Mapped[Json | None]
    as_of: Mapped[datetime]


class KnownUser(Base):
    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]
