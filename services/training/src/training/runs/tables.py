"""Runs, the names of the models they make, and their loss series."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from runs.tables import PipelineRunColumns, RunColumns, UsageColumns
from training.tables import Base, Json

ACTIVE = "status NOT IN ('completed', 'failed', 'cached', 'retried', 'stopped')"


class ModelNameRow(Base):
    """A local model is born here: training gives it its id and its name, the catalog follows."""

    __tablename__ = "model_names"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    spelling: Mapped[str | None]
    """A `training.submissions.model_names.ModelName.spelling`; null for names that are older than this column."""
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


class TrainingRow(RunColumns, Base):
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
    """Arguments of the pipeline, a `training.submissions.domain.Plan`; empty while its dataset is being built."""
    title: Mapped[str]
    keywords: Mapped[list[str]]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    user_id: Mapped[int] = mapped_column(index=True)
    username: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(index=True)
    last_polled_at: Mapped[datetime | None] = mapped_column(index=True)
    queued_at: Mapped[datetime]
    """When the job of this attempt was last sent."""
    heartbeat_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Json | None]
    """Of a completed run: `{metrics, split, outcome, artifacts, version, started_at, ended_at, wall_seconds}`."""


class RunRow(PipelineRunColumns, Base):
    """Every pipeline run that a training ever had, so that earlier attempts can still be looked into."""

    __tablename__ = "training_runs"

    training_id: Mapped[int] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"), index=True)


class EpochRow(Base):
    __tablename__ = "epochs"

    training_id: Mapped[int] = mapped_column(ForeignKey("trainings.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    epochs: Mapped[int]
    values: Mapped[Json]
    at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class UsageRow(UsageColumns, Base):
    """What the trainings of this service have cost."""

    __tablename__ = "run_usage"
    __table_args__ = (Index("ix_run_usage_user_month", "user_id", "month"),)
